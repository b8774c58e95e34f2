/** Refusals, steps of a plan's life, warnings with their causes, and what measures changed. */
import type { Pair } from "./reading";

const REFUSALS: readonly Pair[] = [
  ["There is no {kind:word} {name:name}.", "没有{kind} {name}。"],
  ["{subject:word}: there is no {kind:word} {found:name}. Known are {known:name}.", "{subject}：没有{kind} {found}。已知的有 {known}。"],
  ["{subject:word}: there is no {kind:word} {found:name}.", "{subject}：没有{kind} {found}。"],
  ["This needs the scope {scope}; key {key} does not have it.", "此操作需要权限 {scope}；密钥 {key} 没有该权限。"],
  ["There is no checked plan by the deadline: {why:said}.", "到时仍没有检查通过的计划：{why}。"],
  ["{count} planning requests are under way or waiting.", "已有 {count} 个编制请求在进行或等待。"],
  ["As many planning requests as may wait are under way already.", "等待中的编制请求已满。"],
  ["{count} jobs are waiting already.", "已有 {count} 个任务在等待。"],
  ["A plan of one's own is kept with a reason: say why, in `reason`.", "保存自己的计划须说明理由（reason）。"],
  ["This driver's link is not valid, or not any more. Ask the dispatcher for a new one.", "此司机链接无效或已失效，请向调度员索取新链接。"],
  ["The service could not answer; its log says why.", "服务无法应答，原因见日志。"],
  ["Plan {plan}: {what:said}", "计划 {plan}：{what}"],
  ["Plan {plan}: {what:said}. Somebody else must approve it too.", "计划 {plan}：{what}。还须另一人批准。"],
  ["{person:name} has approved it already, and a signal plan takes two different persons", "{person} 已批准过，信号方案须由两位不同人员批准"],
  ["{count} more person(s) must approve it, so far {have} did", "还须 {count} 人批准，目前 {have} 人已批准"],
  ["it is a draft: {more:said}", "现为草案：{more}"],
  ["it cannot be published. {why:said}", "不能发布。{why}"],
  ["it cannot be published. {why:said}.", "不能发布。{why}"],
  ["its time ended at {end}, and it is {now}.", "其时段已于 {end} 结束，现为 {now}。"],
  ["its time ended at {end}, and it is {now}. Plan a day to come.", "其时段已于 {end} 结束，现为 {now}。请编制未来日期的计划。"],
  ["Plan {old} has expired: plan {new} took its place.", "计划 {old} 已失效，由计划 {new} 取代。"],
  ["Plan {plan} holds again.", "计划 {plan} 重新生效。"],
  ["Note {note}: {why:said}", "备注 {note}：{why}"],
];

const WARNINGS: readonly Pair[] = [
  ["Congestion (moderate or worse) is expected in district {district} on {day}, {from}-{to}: {where:said}. Surest: {kind:word} {area} at {peak}, probability {probability}, {index} times the free-flow time. Cause: forecast {model:name} of {issued}.", "预计 {district} 区 {day} {from}-{to} 出现中度及以上拥堵（{where}）。最确定的是{kind} {area}，{peak}，概率 {probability}，行程时间为自由流的 {index} 倍。原因：{issued} 发布的预测 {model}。"],
  ["Look at the hours with `city index`; plan them with `city plan signals --district {district}`, or tell the officers on duty.", "用 `city index` 查看时段，用 `city plan signals --district {district}` 编制方案，或通知值勤人员。"],
  ["{many:said} of district {district} will probably overflow from {from} on, and no published route is there before. Surest: {part:said}. Cause: forecast {model:name} of {issued}.", "{district} 区 {many}自 {from} 起很可能满溢，且此前没有已发布的路线前往。最确定的是：{part}。原因：{issued} 发布的预测 {model}。"],
  ["Plan them with `city plan routes --district {district}`, or send a truck with `city replan routes`.", "用 `city plan routes --district {district}` 编制，或用 `city replan routes` 派车。"],
  ["About {expected} complaints of {category:name} are expected in district {district} from {from} to {to}; {usual} are usual in {days} days (80 % of the last {weeks} times: {low} to {high}). Cause: forecast {model:name} of {issued}.", "预计 {district} 区 {from} 至 {to} 约有 {expected} 件{category}投诉；{days} 天内通常为 {usual} 件（近 {weeks} 次的 80% 在 {low} 至 {high} 之间）。原因：{issued} 发布的预测 {model}。"],
  ["The {what:word} of district {district} ({plan}) {state:word} at {at}, and none is published after it. Cause: nobody has published the next day's plan. {rest:said}", "{district} 区的{what}（{plan}）于 {at} {state}，其后没有已发布的计划。原因：无人发布次日计划。{rest}"],
  ["Junctions go back to their own time-of-day programs.", "路口将回到自身的分时段方案。"],
  ["No truck has a plan to drive by.", "车辆没有可执行的计划。"],
  ["`city plan {kind} --district {district}`, then approve and publish it; `city plans list --kind {again}` shows drafts that wait.", "先 `city plan {kind} --district {district}`，再批准并发布；`city plans list --kind {again}` 列出待批草案。"],
  ["Feed {feed:name} ({quantity}): stale since {since}: {words:said}.", "数据源 {feed}（{quantity}）自 {since} 起中断：{words}。"],
  ["{sensor:name} ({quantity}, feed {feed:name}): emptying-missed since {since}: {words:said}.", "{sensor}（{quantity}，数据源 {feed}）自 {since} 起漏记收运：{words}。"],
  ["a value is expected every {step}, {delay} after its interval; the next is {late} late", "应每 {step} 一个值（时段结束后 {delay} 到达），下一个已迟 {late}"],
  ["nothing for {silent}; never before was it silent for more than {before}", "已 {silent} 无数据；此前最长中断 {before}"],
  ["the level fell from {held} to {level} although nobody emptied it, {times} time(s) in all", "液位由 {held} 降至 {level}，但没有收运记录，共 {times} 次"],
  ["{count} subjects of {feed:name} fail alike ({named:name}). The first: {first:said}", "{feed} 的 {count} 个对象出现同样故障（{named}）。其一：{first}"],
  ["Ask the department whether it still sends, and look at the last import's log.", "请询问该部门是否仍在发送，并查看最近一次导入的日志。"],
  ["Ask the crew for the visit that nobody recorded; if there was none, check the sensor.", "请向班组询问未记录的收运；若没有，请检查传感器。"],
  ["The newest forecast of {what:word} is {hours} h old, {most} h at the most is usual. Cause: nobody issued a newer one.", "最新的{what}预测已有 {hours} 小时，通常不超过 {most} 小时。原因：没有发布更新的预测。"],
  ["{share} of the newest forecast of {what:word} come from a simpler rung than the champion {champion}. Cause: the champion could not answer, or was promoted after it.", "最新{what}预测的 {share} 来自比主用模型 {champion} 更简单的层级。原因：主用模型无法应答，或在其后才启用。"],
];

const PARTS: readonly Pair[] = [
  ["{a:said} and {b:said}", "{a}、{b}"],
  ["the district as a whole", "全区"],
  ["{count} corridors", "{count} 条走廊"],
  ["{count} corridor", "{count} 条走廊"],
  ["{count} segments", "{count} 个路段"],
  ["{count} segment", "{count} 个路段"],
  ["{count} points", "{count} 个收运点"],
  ["Point {point}", "收运点 {point}"],
  ["{kind:word} {name:name} {from}-{to} (probability {probability})", "{kind} {name} {from}-{to}（概率 {probability}）"],
  ["point {point} ({stream:word}) {at}, probability {probability}", "收运点 {point}（{stream}）{at}，概率 {probability}"],
  ["no checking process became free", "没有空闲的检查进程"],
  ["the checking process did not answer", "检查进程没有应答"],
  ["the checking process failed; the service's log says why", "检查进程出错，原因见服务日志"],
  ["nothing was found yet", "尚未找到任何计划"],
  ["district {district}, {day} {half:word}", "{district} 区，{day} {half}"],
  ["{count} subjects of {feed:name}", "{feed} 的 {count} 个对象"],
];

/** Causes and sources of warnings, as badges show them. */
const CAUSES: readonly Pair[] = [
  ["congestion-ahead", "将拥堵"],
  ["overflow-ahead", "将满溢"],
  ["complaints-rising", "投诉将增"],
  ["signals-plan-expired", "信号方案已到期"],
  ["signals-plan-expiring", "信号方案将到期"],
  ["routes-plan-expired", "收运计划已到期"],
  ["routes-plan-expiring", "收运计划将到期"],
  ["signals", "信号"],
  ["forecasts", "预测"],
  ["plans", "计划"],
  ["effects", "成效"],
  ["feeds", "数据源"],
  ["models", "模型"],
  ["stale", "数据中断"],
  ["emptying-missed", "漏记收运"],
];

const EFFECTS: readonly Pair[] = [
  ["{who:name}: no evidence; {why:said}.", "{who}：无证据；{why}。"],
  ["{who:name}: {word:word}, {estimate} ({low} to {high}, {confidence} % interval).", "{who}：{word}，{estimate}（{confidence}% 区间 {low} 至 {high}）。"],
  ["{who:name}: {word:word}, {estimate} ({low} to {high}, {confidence} % interval); the trial is not over.", "{who}：{word}，{estimate}（{confidence}% 区间 {low} 至 {high}）；试验尚未结束。"],
  ["{who:name}: {word:word}, {estimate} ({low} to {high}, {confidence} % interval); {why:said}.", "{who}：{word}，{estimate}（{confidence}% 区间 {low} 至 {high}）；{why}。"],
  ["fewer than eight days of both periods were measured", "前后两期中有一期测量不足八天"],
  ["no pilot, or no control, was measured on eight days of both periods", "没有试点或对照在前后两期各测满八天"],
  ["pilot and controls moved apart before the measure began", "措施开始前试点与对照已出现分化"],
];

export const SERVICE: readonly Pair[] = [...REFUSALS, ...WARNINGS, ...PARTS, ...CAUSES, ...EFFECTS];

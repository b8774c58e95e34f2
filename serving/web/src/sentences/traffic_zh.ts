/** Sentences about signals: findings of the check, what binds, what was assumed. */
import type { Pair } from "./reading";

const CHECK: readonly Pair[] = [
  ["Plan {plan} of junction {junction}: {what:said}", "路口 {junction} 方案 {plan}：{what}"],
  ["Plan {plan} of junction {junction}, {case}: {what:said}", "路口 {junction} 方案 {plan}（{case}）：{what}"],
  ["Day plan of junction {junction}: {what:said}", "路口 {junction} 的日计划：{what}"],
  ["Switch of junction {junction} from plan {before} to plan {after} at {clock}: {what:said}", "路口 {junction} 于 {clock} 由方案 {before} 切换至 {after}：{what}"],
  ["splits sum to {total} s, the cycle is {cycle} s", "各阶段之和为 {total} 秒，周期为 {cycle} 秒"],
  ["the split of stage {stage} is {split} s, at least {least} s are due", "阶段 {stage} 为 {split} 秒，至少应为 {least} 秒"],
  ["its cycle is {cycle} s, {least} to {most} s are allowed", "周期为 {cycle} 秒，允许范围 {least} 至 {most} 秒"],
  ["its offset is {offset} s in a cycle of {cycle} s", "相位差为 {offset} 秒，周期为 {cycle} 秒"],
  ["its cycle, {cycle} s, is more than {step} s away from the running {running} s", "周期 {cycle} 秒与现行 {running} 秒相差超过 {step} 秒"],
  ["signal group {group} gets no green", "信号组 {group} 没有绿灯"],
  ["signal group {group} is green for {green} s, at least {least} s are due", "信号组 {group} 绿灯 {green} 秒，至少应为 {least} 秒"],
  ["signal group {group} is green for {green} s, at most {most} s are allowed", "信号组 {group} 绿灯 {green} 秒，最多允许 {most} 秒"],
  ["signal group {group} is red for {red} s, at most {most} s are allowed", "信号组 {group} 红灯 {red} 秒，最多允许 {most} 秒"],
  ["people at {group} wait up to {red} s, profile {profile} allows {most} s", "{group} 的行人最长等待 {red} 秒，{profile} 标准允许 {most} 秒"],
  ["signal groups {a} and {b} are green together for {seconds} s, first at second {first}", "信号组 {a} 与 {b} 同时绿灯 {seconds} 秒（自第 {first} 秒）"],
  ["{between} s lie between the end of {a} and the start of {b}, {needed} s are needed", "{a} 结束到 {b} 开始仅 {between} 秒，需要 {needed} 秒"],
  ["green of {group}, {green} s, is shorter than its countdown, {count} s", "{group} 绿灯 {green} 秒，短于倒计时 {count} 秒"],
  ["it is in mode {mode} and must not be planned over", "处于 {mode} 模式，不得编制方案"],
];

const BINDING: readonly Pair[] = [
  ["{what:said} binds: {change:said} would save {seconds} s per vehicle.", "受限于{what}：{change}，每车可省 {seconds} 秒。"],
  ["{what:said} bind: {change:said} would save {seconds} s per vehicle.", "受限于{what}：{change}，每车可省 {seconds} 秒。"],
  ["{a:said} and {b:said}", "{a}及{b}"],
  ["The pedestrian minimum of {group} ({seconds} s)", "{group} 的行人最短绿灯（{seconds} 秒）"],
  ["the pedestrian minimum of {group} ({seconds} s)", "{group} 的行人最短绿灯（{seconds} 秒）"],
  ["The minimum green of {group} ({seconds} s)", "{group} 的最短绿灯（{seconds} 秒）"],
  ["the minimum green of {group} ({seconds} s)", "{group} 的最短绿灯（{seconds} 秒）"],
  ["The longest red of {group}", "{group} 的最长红灯"],
  ["the longest red of {group}", "{group} 的最长红灯"],
  ["The least split of a stage", "阶段的最短时长"],
  ["the least split of a stage", "阶段的最短时长"],
  ["The cycle that it shares with its neighbours ({seconds} s)", "与相邻路口共用的周期（{seconds} 秒）"],
  ["the cycle that it shares with its neighbours ({seconds} s)", "与相邻路口共用的周期（{seconds} 秒）"],
  ["The range of cycles ({least} to {most} s)", "周期范围（{least} 至 {most} 秒）"],
  ["the range of cycles ({least} to {most} s)", "周期范围（{least} 至 {most} 秒）"],
  ["The largest step from the running cycle", "相对现行周期的最大步长"],
  ["The policy that keeps left turns protected", "左转保护的规定"],
  ["the policy that keeps left turns protected", "左转保护的规定"],
  ["{seconds} s less for stage {from}, given to {to},", "阶段 {from} 减 {seconds} 秒并给 {to}"],
  ["{seconds} s less for stage {stage} and the cycle", "阶段 {stage} 与周期各减 {seconds} 秒"],
  ["{seconds} s more for stage {stage} and the cycle", "阶段 {stage} 与周期各加 {seconds} 秒"],
];

const ABOUT_PLANS: readonly Pair[] = [
  ["One counted vehicle is 1 pcu.", "一辆计数车辆按 1 pcu 计。"],
  ["Junctions {names}: nobody counts bicycles; they get their minimum greens.", "路口 {names}：没有自行车计数，按最短绿灯。"],
  ["Junction {name}: nobody counts bicycles; they get their minimum greens.", "路口 {name}：没有自行车计数，按最短绿灯。"],
  ["Junction {name}: where no detector counts, a person's estimates of the busiest quarter hour are taken: {flows} veh/h; the day follows {count} detectors in district {district}.", "路口 {name}：无检测器的进口采用人工估计的最忙一刻钟流量：{flows} veh/h；日变化取自 {district} 区的 {count} 个检测器。"],
  ["Junction {name}: where no detector counts, a person's estimates of the busiest quarter hour are taken: {flows} veh/h; the day follows {count} detectors at the junction.", "路口 {name}：无检测器的进口采用人工估计的最忙一刻钟流量：{flows} veh/h；日变化取自本路口的 {count} 个检测器。"],
  ["Junction {name} is unverified: nobody has compared its record with the site. See what `city audit junction {again}` says, and import the record with `audit` filled in.", "路口 {name} 未核验：尚无人将其档案与现场比对。请查看 `city audit junction {again}` 的结果，并导入填有 audit 的档案。"],
  ["Nothing new was planned: the junctions keep the plans that they run today.", "未编制新方案：各路口沿用现行方案。"],
  ["The newest forecast says nothing of {day}.", "最新预测未覆盖 {day}。"],
  ["{count} of {total} junctions were looked at before the time was up.", "到时为止只处理了 {total} 个路口中的 {count} 个。"],
];

export const TRAFFIC: readonly Pair[] = [...CHECK, ...BINDING, ...ABOUT_PLANS];

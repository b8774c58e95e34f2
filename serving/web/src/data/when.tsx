/** A moment on the city's clock, on one line. */
import { dayAndClock } from "../shell/words";

export function When(props: { at: string }) {
  return (
    <time class="whole" dateTime={props.at}>
      {dayAndClock(props.at)}
    </time>
  );
}

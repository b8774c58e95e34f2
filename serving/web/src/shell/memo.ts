/** A component that is drawn anew only when one of its properties is another one. */
import { Component, type ComponentChild, type FunctionComponent, h } from "preact";

export function memo<P extends object>(drawn: FunctionComponent<P>): FunctionComponent<P> {
  class Kept extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const names = new Set([...Object.keys(next), ...Object.keys(this.props)]) as Set<keyof P>;
      return [...names].some((name) => next[name] !== (this.props as P)[name]);
    }

    override render(): ComponentChild {
      return h(drawn, this.props as P);
    }
  }
  return (props: P) => h(Kept, props);
}

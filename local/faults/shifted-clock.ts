/** Sets this process's clock ahead: what `Date` gives as now. Timers and `performance` go on as they are. */
export function shiftClock(milliseconds: number): void {
  const Real = globalThis.Date;
  const now = () => Real.now() + milliseconds;
  globalThis.Date = new Proxy(Real, {
    construct: (target, values, called) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, called),
    apply: () => new Real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}

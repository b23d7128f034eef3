import type { Flow, StoredBucket } from './flow.ts';
import type { LiveEvent } from './live-event.ts';
import { Throttle } from './throttle.ts';

/** Milliseconds between two flows. */
const flowPause = 250;
/** Milliseconds between two times that a panel is told that it has changed. */
const panelPause = 500;
/** Objects that the pages are told of between two flows. */
const shownObjects = 12;

type Panel = Extract<LiveEvent, { type: 'changed' }>['panel'];

/** What every page is told, no more often than a person can follow. */
export class News {
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #flow: Throttle;
  readonly #panels: Readonly<Record<Panel, Throttle>>;
  #shown = 0;

  constructor(flow: () => Flow) {
    this.#flow = new Throttle(flowPause, () => {
      this.#shown = 0;
      if (this.#listeners.size > 0) this.emit({ type: 'flow', flow: flow() });
    });
    const panel = (name: Panel) =>
      new Throttle(panelPause, () => this.emit({ type: 'changed', panel: name }));
    this.#panels = { letters: panel('letters'), calendar: panel('calendar'), rows: panel('rows') };
  }

  /** Hears every event from now on. @returns ends that */
  hear(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  object(bucket: StoredBucket, key: string, isRemoved: boolean): void {
    if (this.#shown++ < shownObjects) this.emit({ type: 'object', bucket, key, isRemoved });
  }

  flowChanged(): void {
    this.#flow.call();
  }

  changed(...panels: readonly Panel[]): void {
    for (const panel of panels) this.#panels[panel].call();
  }

  /** Tells nobody anything any more. May be called again. */
  close(): void {
    this.#listeners.clear();
    for (const throttle of [this.#flow, ...Object.values(this.#panels)]) throttle.stop();
  }
}

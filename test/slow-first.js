import SequencerModule from '@jest/test-sequencer';

const Sequencer = SequencerModule.default ?? SequencerModule;

/** Files that start pipelines or processes go first: begun last, one of them would keep a core idle for half a minute. */
export default class SlowFirst extends Sequencer {
  sort(tests) {
    const weight = ({ path }) =>
      /\/test\/e2e\//.test(path) ? 0 : /\/test\/(cli|local)\//.test(path) ? 1 : 2;
    return super.sort(tests).toSorted((a, b) => weight(a) - weight(b));
  }
}

import type { CandidateName } from '../candidates/candidates.ts';
import type { CandidateProcess } from './candidate-process.ts';
import type { Plan } from './plan.ts';
import type { Round } from './protocol.ts';

/** One round of a candidate, and what the limit took just before and just after it, on average. */
export interface Turn {
  readonly taken: Round;
  readonly limit: Round;
}

export interface TurnsOptions {
  readonly plan: Plan;
  readonly onRound: (round: number) => void;
  /** Told of a candidate that fails: it has no more turns, and none of those it had count. */
  readonly onFailure: (name: CandidateName, error: unknown) => void;
}

/**
 * Runs candidates by turns, with the limit before, between and after them: on a machine that others use, too, what is
 * a minute apart does not compare. Another candidate begins each round, so that none always comes after the same.
 */
export async function byTurns(
  limit: CandidateProcess,
  candidates: readonly CandidateProcess[],
  { plan: { rounds, atLeast }, onRound, onFailure }: TurnsOptions,
): Promise<ReadonlyMap<CandidateName, readonly Turn[]>> {
  const limits: Turn[] = [];
  const turns = new Map<CandidateName, Turn[]>(candidates.map(({ name }) => [name, []]));
  const measureLimit = async () => {
    const taken = await limit.round(atLeast);
    limits.push({ taken, limit: taken });
    return taken;
  };
  for (let round = 0; round < rounds; round++) {
    onRound(round + 1);
    let before = await measureLimit();
    const first = round % Math.max(1, candidates.length);
    for (const candidate of [...candidates.slice(first), ...candidates.slice(0, first)]) {
      const own = turns.get(candidate.name);
      if (!own) continue;
      try {
        const taken = await candidate.round(atLeast);
        const after = await measureLimit();
        own.push({ taken, limit: mean(before, after) });
        before = after;
      } catch (error) {
        if (!limit.alive) throw error;
        turns.delete(candidate.name);
        onFailure(candidate.name, error);
      }
    }
  }
  return turns.set(limit.name, limits);
}

function mean(a: Round, b: Round): Round {
  return { wall: (a.wall + b.wall) / 2, cpu: (a.cpu + b.cpu) / 2 };
}

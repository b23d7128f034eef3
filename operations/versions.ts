import type { Outputs } from '../shared/outputs.ts';
import { type Versions, versions } from '../shared/parts.ts';
import type { Target } from './deployed.ts';

/**
 * Before days are waited for or reconciled: another version would never take a day for made that the deployed one makes.
 * The pipeline on this computer is always of this version.
 * @throws {Error} that names both versions, and says what to type
 */
export function refuseOtherVersion({ local, stage }: Target, outputs: Pick<Outputs, 'Versions'>): void {
  if (local) return;
  const deployed = JSON.parse(outputs.Versions) as Versions;
  const differ = Object.entries({ ...versions.datasets, 'compacted objects': versions.format }).flatMap(
    ([what, here]) => {
      const there = { ...deployed.datasets, 'compacted objects': deployed.format }[what];
      return there === undefined || there === here
        ? []
        : [`version ${there} of ${what} is deployed, and this checkout has version ${here}`];
    },
  );
  if (differ.length > 0)
    throw new Error(
      `The stage ${stage} has other versions: ${differ.join('; ')}. Deploy this one with: npx cdk deploy -c stage=${stage}\nOr check out what is deployed, then type the same again.`,
    );
}

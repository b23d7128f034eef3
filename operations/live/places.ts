import { listDigest } from '../../shared/list-digest.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import type { Deployed } from '../deployed.ts';

/** The deployment as if these places were configured; as it is when there are none. */
export async function withPlaces(deployed: Deployed, locations: readonly string[]): Promise<Deployed> {
  if (locations.length === 0) return deployed;
  const scheduleInput: Deployed['scheduleInput'] = async (name) => ({
    ...(await deployed.scheduleInput(name)),
    locations: [...locations],
  });
  const schedules: Record<string, unknown> = {};
  for (const [dataset, schedule] of schedulesIn(deployed.outputs)) {
    const { options = {} } = await deployed.scheduleInput(schedule.name);
    schedules[dataset] = { ...schedule, placesList: listDigest({ locations, options }) };
  }
  return {
    ...deployed,
    outputs: { ...deployed.outputs, Schedules: JSON.stringify(schedules) },
    scheduleInput,
  };
}

/** How many places the schedules ask for. */
export async function countPlaces({
  outputs,
  scheduleInput,
}: Pick<Deployed, 'outputs' | 'scheduleInput'>): Promise<number> {
  const places = new Set<string>();
  for (const { name } of schedulesIn(outputs).values())
    for (const place of (await scheduleInput(name)).locations) places.add(place);
  return places.size;
}

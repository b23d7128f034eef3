import { datasetNames } from '../shared/datasets.ts';

/** Settings that stood beside `locations` when there was one dataset, the first of the list. */
const ofOneDataset = ['schedule', 'airQuality', 'pollen', 'language', 'freshnessHours'];

type Members = Readonly<Record<string, unknown>>;

/**
 * Turns a configuration of the old form into the new form. The values stay the same, right or wrong.
 * @returns undefined when it is not of the old form
 */
export function inNewForm(
  context: unknown,
): { readonly context: Members; readonly moved: readonly string[] } | undefined {
  if (!isObject(context)) return undefined;
  const stages = isObject(context.stages) ? Object.entries(context.stages) : [];
  const moved = [
    ...oldIn(context),
    ...stages.flatMap(([stage, own]) =>
      isObject(own) ? oldIn(own).map((name) => `stages.${stage}.${name}`) : [],
    ),
  ];
  if (moved.length === 0) return undefined;
  const renewed = renew(context, {});
  const own = stages.map(([stage, members]) => [
    stage,
    isObject(members) && oldIn(members).length > 0 ? renew(members, renewed.datasets) : members,
  ]);
  return { context: stages.length > 0 ? { ...renewed, stages: Object.fromEntries(own) } : renewed, moved };
}

function oldIn(members: Members): string[] {
  return ofOneDataset.filter((name) => Object.hasOwn(members, name));
}

/** @param common the datasets of all stages, which those of a stage replace */
function renew(members: Members, common: unknown): Members {
  const [first = ''] = datasetNames;
  const old = oldIn(members);
  const named = isObject(members.datasets) ? members.datasets : isObject(common) ? common : {};
  const settings = {
    ...(isObject(named[first]) ? named[first] : {}),
    ...Object.fromEntries(old.map((name) => [name, members[name]])),
  };
  const kept = Object.entries(members).filter(([name]) => !old.includes(name));
  return { ...Object.fromEntries(kept), datasets: { ...named, [first]: settings } };
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { Option } from 'commander';

const { npm_lifecycle_event: script, INIT_CWD } = process.env;

/** Whether `npm run tdf` started this, which hands on only what stands behind two dashes. */
export const isNpmScript = script === 'tdf';

// npm runs a script in the project's folder; paths are relative to where it was typed.
if ((isNpmScript || script === 'start' || script === 'dev') && INIT_CWD) process.chdir(INIT_CWD);

/** What npm has a use for itself, and sets in the environment without anybody having typed it. */
const npmsOwn = ['prefix', 'location', 'yes'];

/**
 * Options that were typed before the two dashes: npm takes them for its own, and hands them on in the environment.
 * `--local` and `--location` it drops without a trace. `--prefix` and `--yes` look the same when nobody typed them.
 */
export function swallowedOptions(
  options: readonly Option[],
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Option[] {
  return options.filter(({ long, negate }) => {
    if (!long || args.some((arg) => arg === long || arg.startsWith(`${long}=`))) return false;
    const name = long.replace(negate ? '--no-' : '--', '');
    const value = env[`npm_config_${name.replaceAll('-', '_')}`];
    return negate ? value === '' : Boolean(value) && value !== 'false' && !npmsOwn.includes(name);
  });
}

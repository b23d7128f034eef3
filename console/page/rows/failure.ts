/** What went wrong with a query, and what to try instead. */
export interface Failure {
  readonly what: string;
  readonly fix: string | null;
}

/** In short what DuckDB says at length. Anything else is shown in its own words. */
export function failureOf(message: string): Failure {
  const column = /Referenced column "([^"]+)" not found/.exec(message)?.[1];
  if (column)
    return {
      what: `There is no column ${column}.`,
      fix: candidates(/Candidate bindings: (.*)/.exec(message)?.[1]),
    };
  const table = /Table with name (\S+) does not exist/.exec(message)?.[1];
  if (table) return { what: `There is no table ${table}.`, fix: /There are: .*/.exec(message)?.[0] ?? null };
  const near = /syntax error at (?:or near "([^"]+)"|end of input)/.exec(message);
  if (near) {
    return near[1]
      ? {
          what: `The query is not SQL from "${near[1]}" on.`,
          fix: 'Look for a missing comma, quote or keyword before it.',
        }
      : { what: 'The query ends too early.', fix: 'Look for an open bracket or quote, or a missing name.' };
  }
  const [first = '', ...more] = message.replace(/\n+LINE \d+:.*$/s, '').split('\n');
  const fix = more.join(' ').trim();
  // A list of all that would fit is no help in one line.
  return {
    what: sentence(first.replace(/^\w+ Error: /, '')),
    fix: fix && fix.length < 200 ? sentence(fix) : null,
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** `"temp_c", "temp_f"`: the best is first. */
function candidates(text: string | undefined): string | null {
  const names = [...(text ?? '').matchAll(/"(?:[^"]*\.)?([^".]+)"/g)].map(([, name]) => name);
  return names.length > 0 ? `Did you mean ${names.slice(0, 3).join(' or ')}?` : null;
}

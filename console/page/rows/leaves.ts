/** A value of a JSON text that is neither an object nor an array, and where it stands. */
export interface Leaf {
  /** Member names, and indexes of arrays. */
  readonly path: readonly (string | number)[];
  readonly from: number;
  readonly to: number;
}

/** All of them, in their order. A text that is cut short has those before the cut. */
export function leavesOf(text: string): readonly Leaf[] {
  const leaves: Leaf[] = [];
  const path: (string | number)[] = [];
  const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gs;
  /** Of each open bracket: whether it is an object's, and whether a name is due. */
  const open: { readonly isObject: boolean; awaitsName: boolean }[] = [];
  for (const match of text.matchAll(token)) {
    const [found] = match;
    const inside = open.at(-1);
    if (found === '{' || found === '[') {
      open.push({ isObject: found === '{', awaitsName: found === '{' });
      path.push(found === '{' ? '' : 0);
    } else if (found === '}' || found === ']') {
      open.pop();
      path.pop();
    } else if (found === ',') {
      const last = path.at(-1);
      if (typeof last === 'number') path[path.length - 1] = last + 1;
      if (inside?.isObject) inside.awaitsName = true;
    } else if (inside?.awaitsName && found.startsWith('"')) {
      path[path.length - 1] = nameOf(found);
      inside.awaitsName = false;
    } else if (found !== ':') {
      leaves.push({ path: [...path], from: match.index, to: match.index + found.length });
    }
  }
  return leaves;
}

function nameOf(quoted: string): string {
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted.slice(1, -1);
  }
}

/** `forecast.forecastday[].hour[].temp_c`: a path as the columns are declared. */
export function declaredPath({ path }: Leaf): string {
  return path
    .map((step, index) => (typeof step === 'number' ? '[]' : index === 0 ? step : `.${step}`))
    .join('');
}

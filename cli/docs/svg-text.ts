import type { ComponentChildren, VNode } from 'preact';

/** Components and elements without state as the text of their markup. */
export function svgText(node: ComponentChildren): string {
  if (Array.isArray(node)) return node.map(svgText).join('');
  if (node === null || node === undefined || typeof node === 'boolean') return '';
  if (typeof node !== 'object') return escaped(String(node));
  const { type, props } = node as VNode<Record<string, unknown>>;
  if (typeof type === 'function') return svgText((type as (given: unknown) => ComponentChildren)(props));
  const { children, ...attributes } = props;
  const start = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
  return `<${type}${start.join('')}>${svgText(children as ComponentChildren)}</${type}>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

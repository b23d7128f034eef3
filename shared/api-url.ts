/** Whether what is sent to a base URL leaves this computer. */
export function isElsewhere(url: string): boolean {
  return !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');
}

/** A base URL to which the key may go: it travels in the query string, for everybody on the way to read. */
export function keepsKeySecret(url: string): boolean {
  return /^https:/i.test(url) || (/^http:/i.test(url) && !isElsewhere(url));
}

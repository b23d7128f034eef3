/** Whether requests to this base URL leave this computer. */
export function isElsewhere(url: string): boolean {
  return !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '');
}

/** Whether the key may go to this base URL. It travels in the query string, where everybody on the way can read it. */
export function keepsKeySecret(url: string): boolean {
  return /^https:/i.test(url) || (/^http:/i.test(url) && !isElsewhere(url));
}

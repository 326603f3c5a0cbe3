// A text as the filter language writes it: for filters that are made and not typed.
// Apart from field-filter.ts, so that the page can have it without the compiler of filters.

export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`
}

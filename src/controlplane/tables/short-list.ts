/** The first `max` of them, and how many more there are. */
export function shortList(items: readonly string[], max: number, separator = ','): string {
  const shown = items.slice(0, max).join(separator)
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown
}

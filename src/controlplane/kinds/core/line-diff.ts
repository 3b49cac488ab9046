const CONTEXT_LINES = 3

/**
 * How one text becomes another, as `diff -u` shows it: from the first line that differs to the last, with a few lines around them.
 * Empty when they are equal.
 */
export function lineDiff(before: string, after: string): string {
  if (before === after) return ''
  const [old, now] = [before.split('\n'), after.split('\n')]
  const most = Math.min(old.length, now.length)
  let start = 0
  while (start < most && old[start] === now[start]) start++
  let end = 0
  while (end < most - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end++

  const first = Math.max(0, start - CONTEXT_LINES)
  const tail = Math.min(CONTEXT_LINES, end)
  const oldEnd = old.length - end
  const nowEnd = now.length - end
  const lines = [
    `@@ -${rangeText(first, oldEnd + tail)} +${rangeText(first, nowEnd + tail)} @@`,
    ...old.slice(first, start).map((line) => ` ${line}`),
    ...old.slice(start, oldEnd).map((line) => `-${line}`),
    ...now.slice(start, nowEnd).map((line) => `+${line}`),
    ...old.slice(oldEnd, oldEnd + tail).map((line) => ` ${line}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function rangeText(first: number, end: number): string {
  const count = end - first
  return count === 1 ? String(first + 1) : `${first + 1},${count}`
}

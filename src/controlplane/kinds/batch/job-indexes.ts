/** Indexes of a job's pods, as its status and its success policy list them: `1,3-5`. */

export type ParsedIndexes =
  | { readonly count: number; readonly problem?: undefined }
  | { readonly problem: string; readonly count?: undefined }

/** How many there are, of which each is below `completions`. */
export function parseIndexes(text: string, completions: number): ParsedIndexes {
  let count = 0
  let last = -1
  for (const interval of text === '' ? [] : text.split(',')) {
    const parts = interval.split('-')
    if (parts.length > 2) {
      const quoted = JSON.stringify(interval)
      return {
        problem: `the fragment ${quoted} violates the requirement that an index interval can have at most two parts separated by '-'`,
      }
    }
    for (const part of parts) {
      if (!/^[0-9]+$/.test(part))
        return { problem: `cannot convert string to integer for index: ${JSON.stringify(part)}` }
      if (Number(part) >= completions) return { problem: `too large index: ${JSON.stringify(part)}` }
    }
    const [first = 0, end = first] = parts.map(Number)
    if (parts.length > 1 && first >= end) return { problem: notIncreasing(first, end) }
    if (last >= first) return { problem: notIncreasing(last, first) }
    count += end - first + 1
    last = end
  }
  return { count }
}

function notIncreasing(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`
}

/** The numbers of a version `[v]x.y.z[-pre][+build]`, of which what comes after them does not count. Nonsense is the oldest of all. */
function numbersOf(version: string): readonly number[] {
  const numbers = /^v?(?<numbers>\d+(?:\.\d+)*)/.exec(version.trim())?.groups?.numbers
  return numbers === undefined ? [] : numbers.split('.').map(Number)
}

/** Below 0 when the first is older, above 0 when it is newer (as apimachinery's generic versions, by their numbers). */
export function compareVersions(one: string, other: string): number {
  const [ones, others] = [numbersOf(one), numbersOf(other)]
  for (let index = 0; index < Math.max(ones.length, others.length); index++) {
    const difference = (ones[index] ?? 0) - (others[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** An object under construction. */
export type Members<T> = { [name: string]: T }

/** Sets a member whose name came from a peer: `__proto__` becomes an ordinary one. */
export function put<T>(object: Members<T>, name: string, value: T): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

/** The names in the order in which Go writes a map. */
export function sortedNames(object: object): string[] {
  const names = Object.keys(object)
  return isSorted(names) ? names : names.sort()
}

/** The same object when its members are in order already. Names of digits only come first in any case, by JavaScript's rules. */
export function withSortedNames<T>(object: Members<T>): Members<T> {
  const names = Object.keys(object)
  if (isSorted(names)) return object
  const sorted: Members<T> = {}
  for (const name of names.sort()) put(sorted, name, object[name] as T)
  return sorted
}

export function isEmptyObject(object: object): boolean {
  for (const _ in object) return false
  return true
}

function isSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) {
    if ((names[i - 1] as string) > (names[i] as string)) return false
  }
  return true
}

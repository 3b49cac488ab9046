/**
 * Whether everything that a manifest says is so already. Objects may have more fields; lists of objects that have names, such as
 * containers, may have more elements, as strategic merges leave them there; other lists are taken as wholes, but for what a server
 * adds to their elements by default.
 */
export function isContained(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) return Array.isArray(actual) && isListContained(wanted, actual)
  if (isRecord(wanted)) {
    if (!isRecord(actual)) return isEmpty(wanted) && actual === undefined
    return Object.entries(wanted).every(
      ([key, value]) =>
        value === undefined || isContained(value, Object.hasOwn(actual, key) ? actual[key] : undefined),
    )
  }
  return wanted === actual || (isEmpty(wanted) && actual === undefined)
}

function isListContained(wanted: readonly unknown[], actual: readonly unknown[]): boolean {
  if (wanted.length > 0 && wanted.every(isNamed)) {
    return wanted.every((element) =>
      actual.some((other) => isNamed(other) && other.name === element.name && isContained(element, other)),
    )
  }
  return (
    wanted.length === actual.length && wanted.every((element, index) => isContained(element, actual[index]))
  )
}

/** Servers leave out what is empty. */
function isEmpty(value: unknown): boolean {
  return (
    value === '' || value === false || value === 0 || (isRecord(value) && Object.values(value).every(isEmpty))
  )
}

function isNamed(value: unknown): value is { readonly name: string } {
  return isRecord(value) && typeof value.name === 'string'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

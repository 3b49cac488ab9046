import type { FunctionTable } from '../overload.ts'
import { EvaluationError, OpaqueValue } from '../values.ts'

const SHAPE =
  /^(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/
const LONGEST = 256

/** A version such as `1.2.3-rc.1`. */
class Semver extends OpaqueValue {
  readonly typeName = 'semver'
  readonly numbers: readonly bigint[]
  readonly prerelease: readonly string[]

  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super()
    this.numbers = numbers
    this.prerelease = prerelease
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof Semver && order(this, other) === 0
  }
}

/** Kubernetes' functions for versions. */
export function addSemvers(table: FunctionTable): void {
  const parse = (text: unknown, isNormalized = false) => {
    const version = semverOf(text as string, isNormalized)
    if (!version) throw new EvaluationError(`Invalid semantic version ${JSON.stringify(text)}`)
    return version
  }
  const at = (index: number) => (version: unknown) => (version as Semver).numbers[index] ?? 0n
  table.add('semver(string): semver', ([text]) => parse(text))
  table.add('semver(string, bool): semver', ([text, isNormalized]) => parse(text, isNormalized === true))
  table.add('isSemver(string): bool', ([text]) => semverOf(text as string, false) !== undefined)
  table.add('isSemver(string, bool): bool', ([text, isNormalized]) => {
    return semverOf(text as string, isNormalized === true) !== undefined
  })
  table.add('semver.isGreaterThan(semver): bool', ([a, b]) => order(a as Semver, b as Semver) > 0)
  table.add('semver.isLessThan(semver): bool', ([a, b]) => order(a as Semver, b as Semver) < 0)
  table.add('semver.compareTo(semver): int', ([a, b]) => BigInt(order(a as Semver, b as Semver)))
  table.add('semver.major(): int', ([a]) => at(0)(a))
  table.add('semver.minor(): int', ([a]) => at(1)(a))
  table.add('semver.patch(): int', ([a]) => at(2)(a))
}

function semverOf(text: string, isNormalized: boolean): Semver | undefined {
  if (text.length > LONGEST) return undefined
  const match = SHAPE.exec(isNormalized ? normalized(text) : text)
  if (!match) return undefined
  const prerelease = match[4]?.split('.') ?? []
  if (prerelease.some((part) => /^0\d+$/.test(part))) return undefined
  return new Semver(
    [1, 2, 3].map((index) => BigInt(match[index] ?? '0')),
    prerelease,
  )
}

/** Without a `v` and zeros in front, and with all three numbers. */
function normalized(text: string): string {
  const [, numbers = '', rest = ''] = /^([^-+]*)([\s\S]*)$/.exec(text.replace(/^v/, '')) ?? []
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3) parts.push('0')
  return parts.join('.') + rest
}

function order(a: Semver, b: Semver): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n
    if (number !== other) return number < other ? -1 : 1
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(Number(a.prerelease.length === 0) - Number(b.prerelease.length === 0))
  for (const [index, part] of a.prerelease.entries()) {
    const other = b.prerelease[index]
    if (other === undefined) return 1
    const difference = comparePart(part, other)
    if (difference !== 0) return difference
  }
  return a.prerelease.length < b.prerelease.length ? -1 : 0
}

function comparePart(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  if (isNumber) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
  return a < b ? -1 : a > b ? 1 : 0
}

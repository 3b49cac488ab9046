import { ConfigError } from '../common/errors.ts'

/**
 * Which of the known controllers are to run, as kube-controller-manager's `--controllers` says it: `*` is all that are on by
 * default, `name` this one, `-name` not this one. A name goes before `*`; of what nothing is said does not run.
 *
 * @throws ConfigError for names that nobody knows
 */
export function selectControllers<Name extends string>(
  known: readonly Name[],
  selection: readonly string[],
  offByDefault: readonly Name[] = [],
): Name[] {
  for (const entry of selection) {
    const name = entry.replace(/^-/, '')
    if (entry === '*' || known.some((each) => each === name)) continue
    throw new ConfigError(
      `--controllers: there is no controller ${JSON.stringify(name)}, there are *, ${known.toSorted().join(', ')}`,
    )
  }
  const all = selection.includes('*') ? known.filter((name) => !offByDefault.includes(name)) : []
  return known.filter(
    (name) => selection.includes(name) || (all.includes(name) && !selection.includes(`-${name}`)),
  )
}

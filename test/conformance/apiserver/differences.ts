/** Where another answer than the recorded one is right. */
export interface Difference {
  /** Of the recorded exchange. */
  readonly name: string
  /** What is not compared; `**.NAME` is all texts of that name. */
  readonly paths: readonly string[]
  /** True when there is nothing of ours in its place. @default false */
  readonly isOnlyRecorded?: boolean
  readonly why: string
}

/** All of them: what is not in this table is a fault of ours. */
export const DIFFERENCES: readonly Difference[] = [
  {
    name: 'version',
    paths: ['body.gitVersion', 'body.gitCommit', 'body.goVersion', 'body.compiler', 'body.platform'],
    why: 'it says who built what, of which program',
  },
  {
    name: 'health /readyz?verbose',
    paths: ['body'],
    why: 'the checks are of the parts that a server has',
  },
  {
    name: 'health /.well-known/openid-configuration',
    paths: ['body.id_token_signing_alg_values_supported'],
    why: 'our service account key is for ES256',
  },
  {
    name: 'update wrong uid',
    paths: ['body.message'],
    why: 'it names the key in etcd, and how a library of its client words the error',
  },
  {
    name: 'self subject rules review',
    paths: ['body.status.nonResourceRules.1'],
    isOnlyRecorded: true,
    why: 'the recorded server was of a distribution that adds a role for /.well-known',
  },
  {
    name: 'pod create (defaulting)',
    paths: ['body.spec.volumes.0.projected.sources.3'],
    isOnlyRecorded: true,
    why: 'the same distribution has a CA bundle of its own',
  },
  {
    name: 'cr several violations',
    paths: ['body.message', 'body.details.causes'],
    why: 'the original goes through properties in the order of a map of Go, which is another each time',
  },
  {
    name: 'openapi v3 of the crd group',
    paths: ['**.description'],
    why: 'what fields are for is said in our own words',
  },
  {
    name: 'pod immutable field',
    paths: ['body.message', 'body.details.causes.0.message'],
    why: "it ends in a diff of a Go struct with its internal field names, where ours shows the API's",
  },
]

/** A copy without what is not compared. */
export function withoutPaths(value: unknown, paths: readonly string[]): unknown {
  const copy = structuredClone(value)
  for (const path of paths) {
    const keys = path.split('.')
    const last = keys.pop() as string
    if (keys[0] === '**') removeTexts(copy, last)
    else
      remove(
        keys.reduce<unknown>((each, key) => (each as Members | undefined)?.[key], copy),
        last,
      )
  }
  return copy
}

type Members = Record<string, unknown>

function remove(parent: unknown, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else if (typeof parent === 'object' && parent !== null) delete (parent as Members)[key]
}

function removeTexts(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null) return
  if (typeof (value as Members)[name] === 'string') remove(value, name)
  for (const each of Object.values(value)) removeTexts(each, name)
}

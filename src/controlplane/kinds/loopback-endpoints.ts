import type { FieldError } from '../api/field-error.ts'
import type { BuiltinKind } from './builtin-kind.ts'
import { LOOPBACK_PROBLEM } from './field-checks/index.ts'

/** What the addresses of a Service's Pods are kept in. */
const ENDPOINT_KINDS = ['endpoints', 'endpointslices.discovery.k8s.io']

/** The kinds of a cluster that is all on one machine: there, endpoints at loopback addresses are reached by everybody. */
export function withLoopbackEndpoints(
  kinds: ReadonlyMap<string, BuiltinKind>,
): ReadonlyMap<string, BuiltinKind> {
  return new Map(
    [...kinds].map(([name, kind]) => [name, ENDPOINT_KINDS.includes(name) ? tolerant(kind) : kind]),
  )
}

function tolerant(kind: BuiltinKind): BuiltinKind {
  const { strategy } = kind.type
  return {
    ...kind,
    type: {
      ...kind.type,
      strategy: {
        ...strategy,
        validate: (object) => strategy.validate(object).filter(isOther),
        validateUpdate: (object, old) => strategy.validateUpdate(object, old).filter(isOther),
      },
    },
  }
}

function isOther({ message }: FieldError): boolean {
  return !message.endsWith(LOOPBACK_PROBLEM)
}

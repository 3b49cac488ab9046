import { type FieldError, forbidden, notSupported, required, tooLong } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, labelProblems } from '../../registry/index.ts'
import { domainPrefixedPathErrors, immutableErrors, nameErrors, strategyOf } from '../strategy/index.ts'
import { type TypedReference, typedReferenceErrors } from './ingresses.ts'

interface Parameters extends TypedReference {
  /** Null where nothing is said, as Go writes it. */
  readonly scope?: string | null
  readonly namespace?: string
}

interface IngressClass extends KubeObject {
  readonly spec: JsonObject & { readonly controller?: string; readonly parameters?: Parameters }
}

const LONGEST_CONTROLLER = 250
const SCOPES = ['Cluster', 'Namespace']
const PARAMETERS = 'spec.parameters'

function withClassDefaults(object: KubeObject): KubeObject {
  const { spec } = object as IngressClass
  if (!spec.parameters) return object
  return {
    ...object,
    spec: { ...spec, parameters: { ...spec.parameters, scope: spec.parameters.scope ?? 'Cluster' } },
  }
}

/** What is wrong with an IngressClass (kubernetes, apis/networking/validation). */
function classErrors({ spec }: IngressClass): FieldError[] {
  const { controller = '', parameters } = spec
  return [
    ...(controller.length > LONGEST_CONTROLLER
      ? [tooLong('spec.controller', `may not be more than ${LONGEST_CONTROLLER} bytes`)]
      : []),
    ...domainPrefixedPathErrors(controller, 'spec.controller'),
    ...(parameters ? parameterErrors(parameters) : []),
  ]
}

function parameterErrors(parameters: Parameters): FieldError[] {
  return [...typedReferenceErrors(parameters, PARAMETERS), ...scopeErrors(parameters)]
}

function scopeErrors({ scope, namespace }: Parameters): FieldError[] {
  const field = `${PARAMETERS}.namespace`
  switch (scope) {
    case undefined:
    case null:
      return [required(`${PARAMETERS}.scope`)]
    case 'Namespace':
      return namespace === undefined
        ? [required(field, "`parameters.scope` is set to 'Namespace'")]
        : nameErrors(namespace, field, labelProblems)
    case 'Cluster':
      return namespace === undefined ? [] : [forbidden(field, "`parameters.scope` is set to 'Cluster'")]
    default:
      return [notSupported(`${PARAMETERS}.scope`, scope, SCOPES)]
  }
}

export const INGRESS_CLASS_STRATEGY = strategyOf({
  countsGenerations: true,
  withDefaults: withClassDefaults,
  validate: (object) => classErrors(object as IngressClass),
  validateUpdate: (object, old) => {
    const { controller } = (object as IngressClass).spec
    return [
      ...immutableErrors(controller, (old as IngressClass).spec.controller, 'spec.controller'),
      ...classErrors(object as IngressClass),
    ]
  },
})

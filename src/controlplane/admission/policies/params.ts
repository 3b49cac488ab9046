import type { Scope } from '../../../cel/checker.ts'
import type { Frame } from '../../../cel/evaluator.ts'
import { plainValue } from '../../../cel/plain-value.ts'
import { type CelType, DYN } from '../../../cel/types.ts'
import type { KubeObject } from '../../registry/index.ts'
import { servedObject } from '../../resources/index.ts'
import { compileLabelSelector } from '../../selectors/index.ts'
import { ADMISSION_SCOPE } from '../cel/expression.ts'
import type { ResourceVersions } from '../match/index.ts'
import type { ParamKind, ParamRef, PolicyObject } from './policy-objects.ts'

/** Besides what all expressions of admission know, those of a policy with parameters know these. */
export function policyScope({ spec }: PolicyObject): Scope {
  return spec.paramKind
    ? new Map<string, CelType>([...ADMISSION_SCOPE, ['params', { ...DYN }]])
    : ADMISSION_SCOPE
}

/** The names that the expressions of a policy know in one request. */
export function withParams(names: Frame, params: KubeObject | undefined): Frame {
  return { name: 'params', value: plainValue(params ?? null), outer: names }
}

/** Objects as they are now. */
export interface ParamSource {
  /** `resource` is as the store names it; `namespace` is empty for what has none. */
  get(resource: string, namespace: string, name: string): KubeObject | undefined
  list(resource: string): readonly KubeObject[]
}

/** A policy or a binding cannot be used as it is. */
export class ConfigurationError extends Error {}

export interface ParamOptions {
  readonly kind: ParamKind | undefined
  readonly ref: ParamRef | undefined
  /** That of the request. */
  readonly namespace: string
}

/**
 * The objects that a policy takes its parameters from: it is evaluated once for each, and without any when it needs none
 * (k8s.io/apiserver, policy/generic).
 *
 * @throws ConfigurationError
 */
export function paramsOf(
  { objects, versions }: { readonly objects: ParamSource; readonly versions: ResourceVersions },
  { kind, ref, namespace }: ParamOptions,
): readonly (Promise<KubeObject> | undefined)[] {
  if (!kind || !ref) return [undefined]
  const slash = kind.apiVersion.indexOf('/')
  const [group, version] = [kind.apiVersion.slice(0, Math.max(slash, 0)), kind.apiVersion.slice(slash + 1)]
  const resource = versions.ofKind(group, version, kind.kind)
  if (!resource)
    throw new ConfigurationError(`paramKind kind \`${kind.apiVersion}, Kind=${kind.kind}\` not known`)
  const place = resource.namespaced ? ref.namespace || namespace : ''
  if (resource.namespaced && place === '')
    throw new ConfigurationError(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    )
  if (!resource.namespaced && ref.namespace)
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const found = selected(objects, resource.storedResource, place, ref)
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  return found.map((each) => servedObject(resource, each))
}

function selected(
  objects: ParamSource,
  resource: string,
  namespace: string,
  { name = '', selector }: ParamRef,
): readonly KubeObject[] {
  if (name !== '') {
    const found = objects.get(resource, namespace, name)
    return found ? [found] : []
  }
  const labels = compileLabelSelector(selector)
  return objects
    .list(resource)
    .filter(({ metadata }) => (metadata.namespace ?? '') === namespace && labels.matches(metadata.labels))
}

import type { ConfigSpecHash } from '../../apis/addon/v1alpha1.ts'
import { ADD_ON_DEPLOYMENT_CONFIGS, ADD_ON_TEMPLATES } from '../../apis/addon/v1alpha1.ts'
import type { ResourceDefinition } from '../../kube/index.ts'

/** The resources of configurations that every hub has. */
export const BUILT_IN_CONFIGS: readonly ResourceDefinition[] = [ADD_ON_DEPLOYMENT_CONFIGS, ADD_ON_TEMPLATES]

/** Of what resource a configuration is. An absent group is the core group. */
export interface ConfigResource {
  readonly group?: string
  readonly resource: string
}

/** Which object a configuration is. An absent namespace means an object of the cluster. */
export interface ConfigObject {
  readonly namespace?: string
  readonly name: string
}

/** Texts that are the same for the same resource; a group never holds a slash. */
export function resourceKey({ group = '', resource }: ConfigResource): string {
  return `${group}/${resource}`
}

/** Texts that are the same for the same configuration. */
export function configKey(resource: ConfigResource, { namespace = '', name }: ConfigObject): string {
  return `${resourceKey(resource)}/${namespace}/${name}`
}

export function isSameObject(one: ConfigObject, other: ConfigObject): boolean {
  return one.name === other.name && (one.namespace ?? '') === (other.namespace ?? '')
}

/** A configuration as statuses have it: as the original's clients do, with an empty hash rather than none. */
export function desiredConfig({ name, namespace }: ConfigObject, specHash = ''): ConfigSpecHash {
  return { name, ...(namespace && { namespace }), specHash }
}

/** Go writes one that is not there as null. */
type MaybeConfig = ConfigSpecHash | null | undefined

export function isSameConfig(one: MaybeConfig, other: MaybeConfig): boolean {
  if (!one || !other) return !one && !other
  return isSameObject(one, other) && (one.specHash ?? '') === (other.specHash ?? '')
}

/** In the order in which statuses list resources: by group, then by name. */
export function compareResources(one: ConfigResource, other: ConfigResource): number {
  return compare(one.group ?? '', other.group ?? '') || compare(one.resource, other.resource)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

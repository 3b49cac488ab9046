import type { ConfigReference, ManagedClusterAddOn } from '../../apis/addon/v1alpha1.ts'
import { specHash } from '../spec-hash.ts'
import { configKey } from './config-reference.ts'
import type { ConfigSource } from './config-source.ts'

/**
 * The configurations in use with their generations, and those that the add-on itself names with what they say now; hashes of the others come
 * from the ClusterManagementAddOn, at the pace of its rollout. The same list if there is nothing to change. One that is not there stays as it is.
 */
export function withObservedConfigs(
  { spec, status }: Pick<ManagedClusterAddOn, 'spec' | 'status'>,
  configs: Pick<ConfigSource, 'has' | 'get'>,
): readonly ConfigReference[] {
  const references = status?.configReferences ?? []
  const own = new Set((spec.configs ?? []).map((each) => configKey(each, each)))
  let isChanged = false
  const current = (reference: ConfigReference): ConfigReference => {
    const { desiredConfig: desired } = reference
    const config = desired && configs.has(reference) ? configs.get(reference, desired) : undefined
    if (!desired || !config) return reference
    const { generation = 0 } = config.metadata
    const hash = own.has(configKey(reference, desired)) ? specHash(config) : desired.specHash
    if (reference.lastObservedGeneration === generation && desired.specHash === hash) return reference
    isChanged = true
    return {
      ...reference,
      lastObservedGeneration: generation,
      desiredConfig: { ...desired, ...(hash !== undefined && { specHash: hash }) },
    }
  }
  const changed = references.map(current)
  return isChanged ? changed : references
}

/** Under which keys a ManagedClusterAddOn is found by its configurations. */
export function configsOfAddOn({ status }: ManagedClusterAddOn): readonly string[] {
  return (status?.configReferences ?? []).flatMap((reference) =>
    reference.desiredConfig?.name ? [configKey(reference, reference.desiredConfig)] : [],
  )
}

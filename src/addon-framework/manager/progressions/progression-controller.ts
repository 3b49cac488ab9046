import { isDeepStrictEqual } from 'node:util'
import type { ClusterManagementAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { Controller } from '../../../kube/index.ts'
import { patchStatus } from '../../objects/change-object.ts'
import { isInstalledByPlacements, isManagedByUs } from '../lifecycle.ts'
import { enqueueName, type ManagerContext } from '../manager-context.ts'
import { defaultConfigs } from './default-configs.ts'
import { installProgressions } from './install-progressions.ts'

/** Writes down which configurations are wanted where, for those who fill in their hashes and bring them there: `cma-install-progression-controller` of the original. */
export function addProgressionController({ manager, informers }: ManagerContext): Controller {
  const { managements, addOns } = informers
  return manager
    .controller({
      name: 'cma-install-progression-controller',
      concurrency: 2,
      reconcile: async ({ name }, { signal }) => {
        const management = managements.store.get(name)
        if (management) await patchStatus(managements.resource, management, progressionPatch, signal)
      },
    })
    .watch(managements)
    .watch(addOns, { map: enqueueName })
}

/** What of the status is to be written; undefined if nothing. Of add-ons that manage themselves only the defaults are ours. */
export function progressionPatch(management: ClusterManagementAddOn): object | undefined {
  const { spec, status = {} } = management
  const defaults = defaultConfigs(spec.supportedConfigs, status.defaultconfigReferences)
  const isOurs = !isInstalledByPlacements(management) || isManagedByUs(management)
  const progressions = isInstalledByPlacements(management)
    ? installProgressions(spec, status.installProgressions)
    : []
  const patch = {
    ...changed('defaultconfigReferences', status.defaultconfigReferences, defaults),
    ...(isOurs && changed('installProgressions', status.installProgressions, progressions)),
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

/** An empty list is none. */
function changed(name: string, existing: readonly object[] = [], wanted: readonly object[]): object {
  if (isDeepStrictEqual(existing, wanted)) return {}
  return { [name]: wanted.length > 0 ? wanted : null }
}

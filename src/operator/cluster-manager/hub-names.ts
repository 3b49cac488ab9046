import type { ClusterManager } from '../../apis/operator/v1.ts'

/** Where the hub's controllers are. */
export const HUB_NAMESPACE = 'open-cluster-management-hub'

/** Services whose names are the same for every ClusterManager: webhook configurations and CRDs name them. */
export const REGISTRATION_WEBHOOK_SERVICE = 'cluster-manager-registration-webhook'
export const WORK_WEBHOOK_SERVICE = 'cluster-manager-work-webhook'
export const ADDON_WEBHOOK_SERVICE = 'cluster-manager-addon-webhook'

export const REGISTRATION_WEBHOOK_SECRET = 'registration-webhook-serving-cert'
export const WORK_WEBHOOK_SECRET = 'work-webhook-serving-cert'
export const ADDON_WEBHOOK_SECRET = 'addon-webhook-serving-cert'
export const PLACEMENT_DEBUG_SECRET = 'placement-debug-serving-cert'

export const WORK_DRIVER_CONFIG_SECRET = 'work-driver-config'

/** Whether the hub's controllers run in another cluster than the hub itself. */
export function isHosted({ spec }: ClusterManager): boolean {
  return spec?.deployOption?.mode === 'Hosted'
}

import type { PolicyRule } from '../../../apis/rbac/v1.ts'
import { allow, CHANGE, MANAGE, VIEW } from '../../../manifests/policy-rules.ts'
import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'
import { ADDON_WEBHOOK_SECRET, ADDON_WEBHOOK_SERVICE } from '../hub-names.ts'
import { controllerDeployment, type DeploymentManifest, webhookDeployment } from './hub-deployment.ts'
import { accountWithRole, hubClusterRoleBinding, hubServiceAccount } from './hub-role.ts'
import { webhookService } from './webhooks.ts'
import { WORK_EXECUTOR_ROLE } from './work.ts'

const ADDON = 'addon.open-cluster-management.io'
const CERTIFICATES = 'certificates.k8s.io'
const CONTROLLER = 'addon-manager-controller-sa'
const WEBHOOK = 'addon-webhook-sa'

/** The account of the conversion webhook, which asks the API for nothing, and its Service. */
export function addonWebhookResources(config: HubConfig): Manifest[] {
  const app = `${config.name}-addon-webhook`
  return [
    hubServiceAccount(config, WEBHOOK),
    webhookService(config, ADDON_WEBHOOK_SERVICE, app, config.addonWebhook.port),
  ]
}

/** The account of the add-on manager, and its rights. */
export function addonManagerResources(config: HubConfig): Manifest[] {
  return [
    ...accountWithRole(config, 'addon-manager:controller', CONTROLLER, CONTROLLER_RULES),
    hubClusterRoleBinding(config, WORK_EXECUTOR_ROLE, CONTROLLER, 'addon-manager-work-executor:controller'),
  ]
}

export function addonWebhookDeployment(config: HubConfig): DeploymentManifest {
  return webhookDeployment(config, {
    suffix: 'addon-webhook',
    serviceAccount: WEBHOOK,
    container: {
      name: `${config.name}-addon-webhook`,
      image: config.spec.addOnManagerImagePullSpec,
      args: ['/addon', 'webhook-server'],
    },
    ports: config.addonWebhook,
    secretName: ADDON_WEBHOOK_SECRET,
    readyPath: '/readyz',
  })
}

export function addonManagerDeployment(config: HubConfig): DeploymentManifest {
  return controllerDeployment(config, {
    suffix: 'addon-manager-controller',
    app: 'clustermanager-addon-manager-controller',
    serviceAccount: CONTROLLER,
    container: {
      name: 'addon-manager-controller',
      image: config.spec.addOnManagerImagePullSpec,
      args: ['/addon', 'manager'],
    },
  })
}

const CONTROLLER_RULES: readonly PolicyRule[] = [
  allow([...MANAGE, 'deletecollection'], '', ['configmaps', 'events']),
  allow(['create', 'patch', 'update'], 'events.k8s.io', ['events']),
  allow(['get'], '', ['pods']),
  allow(['get'], 'apps', ['replicasets']),
  allow([...VIEW, 'create', ...CHANGE], 'coordination.k8s.io', ['leases']),
  allow(['get', 'create'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(['create'], 'authentication.k8s.io', ['tokenreviews']),
  allow(VIEW, 'cluster.open-cluster-management.io', ['managedclusters', 'placements', 'placementdecisions']),
  allow(['update'], ADDON, ['managedclusteraddons/finalizers']),
  allow(['update'], ADDON, ['clustermanagementaddons/finalizers']),
  allow(CHANGE, ADDON, ['clustermanagementaddons/status', 'managedclusteraddons/status']),
  allow(['patch', ...VIEW], ADDON, ['clustermanagementaddons']),
  allow([...VIEW, 'create', 'update', 'delete'], ADDON, ['managedclusteraddons']),
  allow(VIEW, ADDON, ['addontemplates', 'addondeploymentconfigs']),
  allow(MANAGE, 'work.open-cluster-management.io', ['manifestworks']),
  allow(['create', ...VIEW], CERTIFICATES, ['certificatesigningrequests']),
  allow(['update'], CERTIFICATES, [
    'certificatesigningrequests/approval',
    'certificatesigningrequests/status',
  ]),
  allow(['approve', 'sign'], CERTIFICATES, ['signers']),
  allow([...VIEW, 'create', 'update', 'delete'], 'rbac.authorization.k8s.io', ['rolebindings', 'roles']),
  allow([...VIEW, 'create', 'update', 'delete'], '', ['serviceaccounts']),
  allow(['create', 'subscribe'], '', ['serviceaccounts/token']),
]

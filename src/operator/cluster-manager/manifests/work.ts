import type { PolicyRule } from '../../../apis/rbac/v1.ts'
import { allow, CHANGE, MANAGE, VIEW } from '../../../manifests/policy-rules.ts'
import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'
import { WORK_DRIVER_CONFIG_SECRET, WORK_WEBHOOK_SECRET, WORK_WEBHOOK_SERVICE } from '../hub-names.ts'
import { controllerDeployment, type DeploymentManifest, webhookDeployment } from './hub-deployment.ts'
import { accountWithRole, hubClusterRole } from './hub-role.ts'
import { webhookService } from './webhooks.ts'

const WORK = 'work.open-cluster-management.io'
const CLUSTER = 'cluster.open-cluster-management.io'

const CONTROLLER = 'work-controller-sa'
const WEBHOOK = 'work-webhook-sa'

/** Whose name the work agent has where a ManifestWork names no other. */
const DEFAULT_EXECUTOR = 'system:serviceaccount::klusterlet-work-sa'

/** Whoever has it may have everything applied by the work agents: its name is used by the add-on manager's binding. */
export const WORK_EXECUTOR_ROLE = 'work-executor-admin:webhook'

/** Accounts, rights and the Service of the webhook of ManifestWorks. */
export function workWebhookResources(config: HubConfig): Manifest[] {
  const app = `${config.name}-work-webhook`
  return [
    ...accountWithRole(config, 'work:webhook', WEBHOOK, [
      allow(VIEW, '', ['configmaps']),
      allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
      allow(VIEW, 'flowcontrol.apiserver.k8s.io', ['prioritylevelconfigurations', 'flowschemas']),
    ]),
    hubClusterRole(config, WORK_EXECUTOR_ROLE, [
      allow(['execute-as'], WORK, ['manifestworks'], [DEFAULT_EXECUTOR]),
    ]),
    webhookService(config, WORK_WEBHOOK_SERVICE, app, config.workWebhook.port),
  ]
}

/** The account of the controller of ManifestWorkReplicaSets, and its rights. */
export function workControllerResources(config: HubConfig): Manifest[] {
  return accountWithRole(config, 'work:controller', CONTROLLER, CONTROLLER_RULES)
}

export function workWebhookDeployment(config: HubConfig): DeploymentManifest {
  return webhookDeployment(config, {
    suffix: 'work-webhook',
    serviceAccount: WEBHOOK,
    container: {
      name: `${config.name}-webhook`,
      image: config.spec.workImagePullSpec,
      args: ['/work', 'webhook-server', ...config.gates.workFlags],
    },
    ports: config.workWebhook,
    secretName: WORK_WEBHOOK_SECRET,
    readyPath: '/healthz',
  })
}

export function workControllerDeployment(config: HubConfig): DeploymentManifest {
  const driver = config.spec.workConfiguration?.workDriver ?? 'kube'
  const isRemote = usesWorkDriverConfig(config)
  return controllerDeployment(config, {
    suffix: 'work-controller',
    serviceAccount: CONTROLLER,
    container: {
      name: `${config.name}-work-controller`,
      image: config.spec.workImagePullSpec,
      args: [
        '/work',
        'manager',
        ...config.gates.workFlags,
        ...(config.gates.cloudEventsDrivers ? [`--work-driver=${driver}`] : []),
        ...(isRemote
          ? [
              '--cloudevents-client-id=work-controller-$(POD_NAME)',
              '--work-driver-config=/var/run/secrets/work/config.yaml',
            ]
          : []),
      ],
      ...(isRemote && {
        mounts: [{ name: 'workdriverconfig', mountPath: '/var/run/secrets/work', readOnly: true }],
      }),
    },
    ...(isRemote && {
      volumes: [{ name: 'workdriverconfig', secret: { secretName: WORK_DRIVER_CONFIG_SECRET } }],
    }),
  })
}

/** Whether ManifestWorks go to agents by something that has to be configured. */
export function usesWorkDriverConfig({ gates, spec }: HubConfig): boolean {
  return gates.cloudEventsDrivers && (spec.workConfiguration?.workDriver ?? 'kube') !== 'kube'
}

const CONTROLLER_RULES: readonly PolicyRule[] = [
  allow(VIEW, '', ['configmaps']),
  allow(['get'], '', ['pods']),
  allow(['get'], 'apps', ['replicasets']),
  allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(['create'], 'authentication.k8s.io', ['tokenreviews']),
  allow(['create', ...VIEW, ...CHANGE], 'coordination.k8s.io', ['leases']),
  allow(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
  allow([...MANAGE, 'deletecollection', 'execute-as'], WORK, ['manifestworks']),
  allow([...VIEW, ...CHANGE], WORK, ['manifestworkreplicasets']),
  allow(CHANGE, WORK, ['manifestworkreplicasets/status']),
  allow(['update'], WORK, ['manifestworkreplicasets/finalizers']),
  allow(VIEW, CLUSTER, ['placements', 'placementdecisions']),
  allow(['get'], 'config.openshift.io', ['infrastructures']),
]

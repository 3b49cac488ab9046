import type { PolicyRule } from '../../../apis/rbac/v1.ts'
import { probes } from '../../../manifests/controller-pod.ts'
import { allow, CHANGE, MANAGE, VIEW } from '../../../manifests/policy-rules.ts'
import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'
import { PLACEMENT_DEBUG_SECRET } from '../hub-names.ts'
import { controllerContainer, controllerDeployment, type DeploymentManifest } from './hub-deployment.ts'
import { accountWithRole } from './hub-role.ts'

const CLUSTER = 'cluster.open-cluster-management.io'
const CONTROLLER = 'placement-controller-sa'
const APP = 'clustermanager-placement-controller'
const DEBUG_PORT = 9443

/** The account of the scheduler, and its rights. */
export function placementResources(config: HubConfig): Manifest[] {
  return accountWithRole(config, 'placement:controller', CONTROLLER, CONTROLLER_RULES)
}

/** By which people ask the scheduler what it thinks. */
export function placementDebugService(config: HubConfig): Manifest {
  const { namespace, labels } = config
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: placementDebugServiceName(config), namespace, labels },
    spec: {
      selector: { app: APP },
      ports: [{ name: 'https', port: DEBUG_PORT, protocol: 'TCP', targetPort: DEBUG_PORT }],
      type: 'ClusterIP',
    },
  }
  return service
}

export function placementDebugServiceName({ name }: Pick<HubConfig, 'name'>): string {
  return `${name}-placement`
}

export function placementDeployment(config: HubConfig): DeploymentManifest {
  const image = config.spec.placementImagePullSpec
  const isDebugged = config.gates.placementDebugServer
  const certificate = { name: 'serving-cert', mountPath: '/var/run/secrets/serving-cert', readOnly: true }
  const debugServer = controllerContainer(
    config,
    {
      name: 'debug-server',
      image,
      args: ['/placement', 'debug', `--listen=0.0.0.0:${DEBUG_PORT}`, '--disable-leader-election'],
      mounts: [certificate],
    },
    probes({ path: '/healthz', scheme: 'HTTPS', port: DEBUG_PORT }),
  )
  return controllerDeployment(config, {
    suffix: 'placement-controller',
    app: APP,
    serviceAccount: CONTROLLER,
    container: { name: 'placement-controller', image, args: ['/placement', 'controller'] },
    ...(isDebugged && {
      more: [debugServer],
      volumes: [
        {
          name: certificate.name,
          secret: { secretName: PLACEMENT_DEBUG_SECRET, defaultMode: 0o644, optional: true },
        },
      ],
    }),
  })
}

const CONTROLLER_RULES: readonly PolicyRule[] = [
  allow([...VIEW, 'create', 'delete', 'update'], '', ['configmaps']),
  allow(['get'], '', ['pods']),
  allow(['get'], 'apps', ['replicasets']),
  allow(['create'], 'authentication.k8s.io', ['tokenreviews']),
  allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
  allow(['create', ...VIEW, ...CHANGE], 'coordination.k8s.io', ['leases']),
  allow(VIEW, CLUSTER, ['managedclusters', 'managedclustersets', 'managedclustersetbindings']),
  allow(VIEW, CLUSTER, ['addonplacementscores']),
  allow(VIEW, CLUSTER, ['placements']),
  allow(MANAGE, CLUSTER, ['placementdecisions']),
  allow(CHANGE, CLUSTER, ['placements/status', 'placementdecisions/status']),
  allow(['update'], CLUSTER, ['placements/finalizers']),
  allow(['get'], 'config.openshift.io', ['infrastructures']),
]

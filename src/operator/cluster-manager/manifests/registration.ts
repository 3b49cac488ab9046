import type { PolicyRule } from '../../../apis/rbac/v1.ts'
import { BOOTSTRAP_SERVICE_ACCOUNT } from '../../../manifests/bootstrap-identity.ts'
import { allow, CHANGE, MANAGE, VIEW } from '../../../manifests/policy-rules.ts'
import type { Manifest } from '../../apply/manifest.ts'
import type { HubConfig } from '../hub-config.ts'
import { REGISTRATION_WEBHOOK_SECRET, REGISTRATION_WEBHOOK_SERVICE } from '../hub-names.ts'
import { identityCreatorRole, registrationDriverFlags } from '../registration-drivers.ts'
import { controllerDeployment, type DeploymentManifest, webhookDeployment } from './hub-deployment.ts'
import { accountWithRole, hubClusterRole, hubClusterRoleBinding, hubServiceAccount } from './hub-role.ts'
import { webhookService } from './webhooks.ts'

const CLUSTER = 'cluster.open-cluster-management.io'
const WORK = 'work.open-cluster-management.io'
const ADDON = 'addon.open-cluster-management.io'
const REGISTER = 'register.open-cluster-management.io'
const RBAC = 'rbac.authorization.k8s.io'
const CERTIFICATES = 'certificates.k8s.io'

const CONTROLLER = 'registration-controller-sa'
const WEBHOOK = 'registration-webhook-sa'

/** In AWS: the role that the controller has. A key that ends in `-` takes the annotation away. */
const ROLE_ARN_ANNOTATION = 'eks.amazonaws.com/role-arn'

/** Accounts, rights and the Service of registration. */
export function registrationResources(config: HubConfig): Manifest[] {
  const role = identityCreatorRole(config.spec)
  const annotations: Record<string, string> = role
    ? { [ROLE_ARN_ANNOTATION]: role }
    : { [`${ROLE_ARN_ANNOTATION}-`]: '' }
  const app = `${config.name}-registration-webhook`
  return [
    hubClusterRole(config, 'registration:controller', controllerRules(config)),
    hubClusterRoleBinding(config, 'registration:controller', CONTROLLER),
    hubServiceAccount(config, CONTROLLER, annotations),
    ...accountWithRole(config, 'registration:webhook', WEBHOOK, WEBHOOK_RULES),
    webhookService(config, REGISTRATION_WEBHOOK_SERVICE, app, config.registrationWebhook.port),
  ]
}

export function registrationDeployments(config: HubConfig): DeploymentManifest[] {
  const { spec, gates, name } = config
  const image = spec.registrationImagePullSpec
  const approved = spec.registrationConfiguration?.autoApproveUsers ?? []
  return [
    controllerDeployment(config, {
      suffix: 'registration-controller',
      app: 'clustermanager-registration-controller',
      serviceAccount: CONTROLLER,
      container: {
        name: 'hub-registration-controller',
        image,
        args: [
          '/registration',
          'controller',
          ...gates.registrationFlags,
          ...(approved.length > 0 ? [`--cluster-auto-approval-users=${approved.join(',')}`] : []),
          ...importerFlags(config),
          ...registrationDriverFlags(spec),
          ...(config.labelsText ? [`--labels=${config.labelsText}`] : []),
        ],
      },
    }),
    webhookDeployment(config, {
      suffix: 'registration-webhook',
      serviceAccount: WEBHOOK,
      container: {
        name: `${name}-webhook`,
        image,
        args: [
          '/registration',
          'webhook-server',
          ...(gates.registrationFlags.length > 0
            ? gates.registrationFlags
            : ['--feature-gates=DefaultClusterSet=true']),
        ],
      },
      ports: config.registrationWebhook,
      secretName: REGISTRATION_WEBHOOK_SECRET,
      readyPath: '/readyz',
    }),
  ]
}

function importerFlags(config: HubConfig): string[] {
  if (!config.gates.clusterImporter) return []
  const renderers = config.spec.registrationConfiguration?.importerConfiguration?.renderers ?? []
  return [
    `--agent-image=${config.agentImage}`,
    `--bootstrap-serviceaccount=${config.operatorNamespace}/${BOOTSTRAP_SERVICE_ACCOUNT}`,
    `--image-pull-secret-name=${config.imagePullSecretName}`,
    ...(renderers.length > 0 ? [`--import-renderers=${renderers.join(',')}`] : []),
  ]
}

const WEBHOOK_RULES: readonly PolicyRule[] = [
  allow(VIEW, '', ['configmaps']),
  allow(['get'], '', ['namespaces']),
  allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(VIEW, 'flowcontrol.apiserver.k8s.io', ['prioritylevelconfigurations', 'flowschemas']),
]

function controllerRules({ gates, imagePullSecretName, mayDeleteRequests }: HubConfig): PolicyRule[] {
  return [
    allow(['create', ...VIEW], CERTIFICATES, ['certificatesigningrequests']),
    ...(mayDeleteRequests ? [allow(['delete'], CERTIFICATES, ['certificatesigningrequests'])] : []),
    allow(['update'], CERTIFICATES, [
      'certificatesigningrequests/status',
      'certificatesigningrequests/approval',
    ]),
    allow(['approve'], CERTIFICATES, ['signers'], ['kubernetes.io/kube-apiserver-client']),
    allow([...VIEW, 'create', 'delete', 'update'], '', ['namespaces', 'serviceaccounts', 'configmaps']),
    allow(['create'], '', ['serviceaccounts/token'], [BOOTSTRAP_SERVICE_ACCOUNT]),
    allow(['get'], '', ['pods']),
    allow(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
    allow(['get'], 'apps', ['replicasets']),
    allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
    allow(['create'], 'authentication.k8s.io', ['tokenreviews']),
    allow(MANAGE, RBAC, ['clusterrolebindings', 'rolebindings']),
    allow(MANAGE, RBAC, ['clusterroles', 'roles']),
    allow(MANAGE, 'coordination.k8s.io', ['leases']),
    allow([...VIEW, ...CHANGE], CLUSTER, ['managedclusters']),
    allow(CHANGE, CLUSTER, ['managedclusters/status']),
    allow(MANAGE, CLUSTER, ['managedclustersets']),
    allow(CHANGE, CLUSTER, ['managedclustersets/status']),
    allow(VIEW, CLUSTER, ['managedclustersetbindings']),
    allow(CHANGE, CLUSTER, ['managedclustersetbindings/status']),
    allow([...MANAGE, 'deletecollection', 'execute-as'], WORK, ['manifestworks']),
    allow(CHANGE, WORK, ['manifestworks/status']),
    allow([...VIEW, ...CHANGE, 'delete', 'deletecollection'], WORK, ['manifestworkreplicasets']),
    allow(CHANGE, WORK, ['manifestworkreplicasets/status']),
    allow(['update'], WORK, ['manifestworkreplicasets/finalizers']),
    allow([...VIEW, 'delete'], ADDON, ['managedclusteraddons']),
    allow(CHANGE, ADDON, ['managedclusteraddons/status']),
    allow(['renew'], REGISTER, ['managedclusters/clientcertificates']),
    allow(['update'], REGISTER, ['managedclusters/accept']),
    ...(gates.clusterImporter
      ? [
          allow(VIEW, 'cluster.x-k8s.io', ['clusters']),
          allow(['get'], '', ['secrets'], [imagePullSecretName, 'cluster-import-config']),
        ]
      : []),
    ...(gates.clusterProfile
      ? [
          allow(MANAGE, 'multicluster.x-k8s.io', ['clusterprofiles']),
          allow(CHANGE, 'multicluster.x-k8s.io', ['clusterprofiles/status']),
        ]
      : []),
  ]
}

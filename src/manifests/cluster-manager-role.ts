import type { PolicyRule } from '../apis/rbac/v1.ts'
import { IMAGE_PULL_SECRET } from './image-pull-secret.ts'
import { allow, CHANGE, MANAGE, VIEW } from './policy-rules.ts'

const OCM = 'open-cluster-management.io'
const CLUSTER = `cluster.${OCM}`
const WORK = `work.${OCM}`
const ADDON = `addon.${OCM}`
const REGISTER = `register.${OCM}`
const OPERATOR = `operator.${OCM}`

/** Secrets that the operator makes or copies; it can read no other. */
const SECRETS = [
  'signer-secret',
  'registration-webhook-serving-cert',
  'work-webhook-serving-cert',
  'addon-webhook-serving-cert',
  'registration-controller-sa-kubeconfig',
  'registration-webhook-sa-kubeconfig',
  'work-webhook-sa-kubeconfig',
  'placement-controller-sa-kubeconfig',
  'work-controller-sa-kubeconfig',
  'addon-manager-controller-sa-kubeconfig',
  'addon-webhook-sa-kubeconfig',
  'external-hub-kubeconfig',
  'work-driver-config',
  IMAGE_PULL_SECRET,
  'grpc-server-serving-cert',
  'placement-debug-serving-cert',
  'cluster-import-config',
]

/** What the operator itself does. */
const OWN_RULES: readonly PolicyRule[] = [
  allow([...MANAGE, 'deletecollection'], '', ['configmaps', 'namespaces', 'serviceaccounts', 'services']),
  allow(['get', 'list', 'watch', 'update', 'patch', 'delete'], '', ['secrets'], SECRETS),
  allow(['create'], '', ['secrets']), // a right to create cannot be limited to names
  allow(VIEW, '', ['nodes']),
  allow(MANAGE, 'apps', ['deployments']),
  allow(MANAGE, 'rbac.authorization.k8s.io', ['clusterrolebindings', 'rolebindings']),
  allow(MANAGE, 'rbac.authorization.k8s.io', ['clusterroles', 'roles']),
  allow(MANAGE, 'apiextensions.k8s.io', ['customresourcedefinitions']),
  allow(CHANGE, 'apiextensions.k8s.io', ['customresourcedefinitions/status']),
  allow(MANAGE, 'apiregistration.k8s.io', ['apiservices']),
  allow(MANAGE, 'admissionregistration.k8s.io', [
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
  ]),
  allow(MANAGE, 'networking.k8s.io', ['networkpolicies']),
  allow(MANAGE, 'migration.k8s.io', ['storageversionmigrations']),
  allow(['get', 'list', 'watch', 'update', 'delete', 'patch'], OPERATOR, ['clustermanagers']),
  allow(CHANGE, OPERATOR, ['clustermanagers/status']),
]

/** What the operator must have in order to give it to the hub's controllers: nobody can grant what they have not. */
const GRANTED_RULES: readonly PolicyRule[] = [
  allow(['create', 'subscribe'], '', ['serviceaccounts/token']),
  allow(['get'], '', ['pods']),
  allow(['get'], 'apps', ['replicasets']),
  allow([...MANAGE, 'deletecollection'], ['', 'events.k8s.io'], ['events']),
  allow(MANAGE, 'coordination.k8s.io', ['leases']),
  allow(['create', 'get'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(['create'], 'authentication.k8s.io', ['tokenreviews']),
  allow(['create', ...VIEW, 'delete'], 'certificates.k8s.io', ['certificatesigningrequests']),
  allow(['update'], 'certificates.k8s.io', [
    'certificatesigningrequests/approval',
    'certificatesigningrequests/status',
  ]),
  allow(['approve', 'sign'], 'certificates.k8s.io', ['signers']),
  allow(VIEW, 'flowcontrol.apiserver.k8s.io', ['flowschemas', 'prioritylevelconfigurations']),
  allow(['get'], 'config.openshift.io', ['infrastructures']),
  allow(['create', 'update', 'patch', ...VIEW, 'delete'], ADDON, [
    'managedclusteraddons',
    'clustermanagementaddons',
  ]),
  allow(CHANGE, ADDON, ['managedclusteraddons/status', 'clustermanagementaddons/status']),
  allow(['update'], ADDON, ['managedclusteraddons/finalizers', 'clustermanagementaddons/finalizers']),
  allow(VIEW, ADDON, ['addondeploymentconfigs', 'addontemplates']),
  allow([...VIEW, 'create', 'update', 'patch'], CLUSTER, ['managedclusters']),
  allow(VIEW, CLUSTER, ['managedclustersetbindings', 'placements', 'addonplacementscores']),
  allow(MANAGE, CLUSTER, ['managedclustersets', 'placementdecisions']),
  allow(['create'], CLUSTER, ['managedclustersets/join']),
  allow(
    CHANGE,
    CLUSTER,
    [
      'managedclusters',
      'managedclustersetbindings',
      'managedclustersets',
      'placements',
      'placementdecisions',
    ].map((plural) => `${plural}/status`),
  ),
  allow(['update'], CLUSTER, ['placements/finalizers']),
  allow(['renew'], REGISTER, ['managedclusters/clientcertificates']),
  allow(['update'], REGISTER, ['managedclusters/accept']),
  allow([...MANAGE, 'deletecollection'], WORK, ['manifestworkreplicasets']),
  allow(['update'], WORK, ['manifestworkreplicasets/finalizers']),
  allow([...MANAGE, 'deletecollection', 'execute-as'], WORK, ['manifestworks']),
  allow(CHANGE, WORK, ['manifestworks/status', 'manifestworkreplicasets/status']),
  allow(MANAGE, 'multicluster.x-k8s.io', ['clusterprofiles']),
  allow(CHANGE, 'multicluster.x-k8s.io', ['clusterprofiles/status']),
  allow(VIEW, 'cluster.x-k8s.io', ['clusters']),
]

/** The rights of the hub's operator. */
export const CLUSTER_MANAGER_RULES: readonly PolicyRule[] = [...OWN_RULES, ...GRANTED_RULES]

import type { MergeField, MergeType } from '../../../src/controlplane/patch/index.ts'

/** As Kubernetes has them, as far as the tests go. Fields that are missing in a type do not exist. */
function structType(name: string, fields: Record<string, MergeField>): MergeType {
  return { name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) }
}

const merged = (mergeKey: string, type: MergeType): MergeField => ({ strategy: 'merge', mergeKey, type })
const plain: MergeField = {}

const objectReference = structType('ObjectReference', { name: plain })
const objectMeta = structType('ObjectMeta', {
  labels: plain,
  annotations: plain,
  finalizers: { strategy: 'merge' },
  ownerReferences: merged('uid', structType('OwnerReference', { uid: plain, name: plain })),
  managedFields: plain,
})

const container = structType('Container', {
  name: plain,
  image: plain,
  args: plain,
  ports: merged('containerPort', structType('ContainerPort', { containerPort: plain, name: plain })),
  env: merged('name', structType('EnvVar', { name: plain, value: plain, valueFrom: plain })),
  resources: structField('ResourceRequirements', { limits: plain, requests: plain }),
  lifecycle: { strategy: 'replace' },
})

const podSpec = structType('PodSpec', {
  containers: merged('name', container),
  volumes: merged('name', structType('Volume', { name: plain, emptyDir: plain, configMap: plain })),
  imagePullSecrets: merged('name', objectReference),
  nodeSelector: plain,
  tolerations: plain,
})

export const pod = structType('Pod', { metadata: { type: objectMeta }, spec: { type: podSpec } })

export const deployment = structType('Deployment', {
  metadata: { type: objectMeta },
  spec: structField('DeploymentSpec', {
    replicas: plain,
    selector: structField('LabelSelector', { matchLabels: plain, matchExpressions: plain }),
    strategy: structField('DeploymentStrategy', { type: plain, rollingUpdate: plain }),
    template: structField('PodTemplateSpec', { metadata: { type: objectMeta }, spec: { type: podSpec } }),
  }),
})

export const service = structType('Service', {
  metadata: { type: objectMeta },
  spec: structField('ServiceSpec', {
    ports: merged('port', structType('ServicePort', { port: plain, name: plain, protocol: plain })),
    externalIPs: plain,
    selector: plain,
  }),
})

export const serviceAccount = structType('ServiceAccount', {
  metadata: { type: objectMeta },
  secrets: merged('name', objectReference),
  imagePullSecrets: plain,
})

function structField(name: string, fields: Record<string, MergeField>): MergeField {
  return { type: structType(name, fields) }
}

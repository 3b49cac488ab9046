import { describe, expect, it } from 'vitest'
import {
  builtinApiVersions,
  builtinType,
  builtinTypeIds,
  fieldNumbered,
  fieldsOf,
  jsonFieldNamed,
  jsonFieldsOf,
  kindsOf,
  typeOfKind,
} from '../../../src/controlplane/schema/builtin-types.ts'
import type { Field, FieldType } from '../../../src/controlplane/schema/type-facts.ts'

/** What a kube-apiserver 1.36 serves, as recorded from its discovery; `+` marks the kinds that can be listed. */
const SERVED: Record<string, string> = {
  'admissionregistration.k8s.io/v1': `MutatingAdmissionPolicy+ MutatingAdmissionPolicyBinding+ MutatingWebhookConfiguration+
    ValidatingAdmissionPolicy+ ValidatingAdmissionPolicyBinding+ ValidatingWebhookConfiguration+`,
  'apiextensions.k8s.io/v1': 'CustomResourceDefinition+',
  'apiregistration.k8s.io/v1': 'APIService+',
  'apps/v1': 'ControllerRevision+ DaemonSet+ Deployment+ ReplicaSet+ StatefulSet+',
  'authentication.k8s.io/v1': 'SelfSubjectReview TokenRequest TokenReview',
  'authorization.k8s.io/v1': `LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview
    SubjectAccessReview`,
  'autoscaling/v1': 'HorizontalPodAutoscaler+ Scale',
  'autoscaling/v2': 'HorizontalPodAutoscaler+',
  'batch/v1': 'CronJob+ Job+',
  'certificates.k8s.io/v1': 'CertificateSigningRequest+',
  'coordination.k8s.io/v1': 'Lease+',
  'discovery.k8s.io/v1': 'EndpointSlice+',
  'events.k8s.io/v1': 'Event+',
  'flowcontrol.apiserver.k8s.io/v1': 'FlowSchema+ PriorityLevelConfiguration+',
  'networking.k8s.io/v1': 'IPAddress+ Ingress+ IngressClass+ NetworkPolicy+ ServiceCIDR+',
  'node.k8s.io/v1': 'RuntimeClass+',
  'policy/v1': 'Eviction PodDisruptionBudget+',
  'rbac.authorization.k8s.io/v1': 'ClusterRole+ ClusterRoleBinding+ Role+ RoleBinding+',
  'resource.k8s.io/v1': 'DeviceClass+ ResourceClaim+ ResourceClaimTemplate+ ResourceSlice+',
  'scheduling.k8s.io/v1': 'PriorityClass+',
  'storage.k8s.io/v1': `CSIDriver+ CSINode+ CSIStorageCapacity+ StorageClass+ VolumeAttachment+
    VolumeAttributesClass+`,
  v1: `Binding ComponentStatus+ ConfigMap+ Endpoints+ Event+ LimitRange+ Namespace+ Node+ PersistentVolume+
    PersistentVolumeClaim+ Pod+ PodTemplate+ ReplicationController+ ResourceQuota+ Secret+ Service+ ServiceAccount+`,
}

/** What is no resource: answers, and documents that the server makes up. */
const MADE_UP: Record<string, readonly string[]> = {
  v1: ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'Status'],
  'meta.k8s.io/v1': ['PartialObjectMetadata', 'PartialObjectMetadataList', 'Table'],
}

const servedKinds = (text: string) =>
  text.split(/\s+/).flatMap((each) => {
    const kind = each.replace('+', '')
    return kind === each ? [kind] : [kind, `${kind}List`]
  })

const field = (typeId: string, name: string): Field => {
  const found = jsonFieldNamed(typeId, name)
  if (!found) throw new Error(`${typeId} has no field ${name}`)
  return found.field
}

/** The type of the elements, however deep the lists and maps. */
const innermost = (type: FieldType): FieldType => {
  if (type.kind === 'list') return innermost(type.element)
  return type.kind === 'map' ? innermost(type.value) : type
}

const numbersOf = (typeId: string) =>
  Object.fromEntries(fieldsOf(typeId).map(({ name, number }) => [name, number]))

const everyField = () => builtinTypeIds().flatMap((id) => fieldsOf(id).map((each) => ({ id, field: each })))

describe('the kinds', () => {
  it('are those that a kube-apiserver serves, their lists and what it makes up, and no others', () => {
    expect(builtinApiVersions().sort()).toEqual([...Object.keys(SERVED), 'meta.k8s.io/v1'].sort())
    for (const apiVersion of builtinApiVersions()) {
      const expected = [...servedKinds(SERVED[apiVersion] ?? ''), ...(MADE_UP[apiVersion] ?? [])]
      expect(kindsOf(apiVersion).sort(), apiVersion).toEqual(expected.filter((each) => each !== '').sort())
    }
  })

  it('are typed by the package of their group', () => {
    expect(typeOfKind('v1', 'Pod')).toBe('core/v1.Pod')
    expect(typeOfKind('v1', 'PodList')).toBe('core/v1.PodList')
    expect(typeOfKind('apps/v1', 'Deployment')).toBe('apps/v1.Deployment')
    expect(typeOfKind('autoscaling/v2', 'HorizontalPodAutoscaler')).toBe(
      'autoscaling/v2.HorizontalPodAutoscaler',
    )
    expect(typeOfKind('rbac.authorization.k8s.io/v1', 'Role')).toBe('rbac/v1.Role')
    expect(typeOfKind('v1', 'Status')).toBe('meta/v1.Status')
  })

  it('of requests and watches belong to every apiVersion', () => {
    for (const apiVersion of ['v1', 'apps/v1', 'meta.k8s.io/v1', 'rec.io/v1']) {
      expect(typeOfKind(apiVersion, 'DeleteOptions')).toBe('meta/v1.DeleteOptions')
      expect(typeOfKind(apiVersion, 'WatchEvent')).toBe('meta/v1.WatchEvent')
    }
  })

  it('that are not built in have no type, whatever an object inherits', () => {
    expect(typeOfKind('v1', 'Deployment')).toBeUndefined()
    expect(typeOfKind('rec.io/v1', 'Widget')).toBeUndefined()
    expect(typeOfKind('v1', 'constructor')).toBeUndefined()
    expect(typeOfKind('__proto__', 'toString')).toBeUndefined()
    expect(kindsOf('constructor')).toEqual([])
  })

  it('have kind and apiVersion in JSON, and metadata first in protobuf', () => {
    for (const apiVersion of Object.keys(SERVED)) {
      for (const kind of kindsOf(apiVersion)) {
        if (MADE_UP[apiVersion]?.includes(kind)) continue
        const id = typeOfKind(apiVersion, kind) ?? ''
        expect(numbersOf(id), id).toMatchObject({ kind: 0, apiVersion: 0, metadata: 1 })
        const metadata = kind.endsWith('List') ? 'meta/v1.ListMeta' : 'meta/v1.ObjectMeta'
        expect(field(id, 'metadata').type, id).toEqual({ kind: 'message', id: metadata })
      }
    }
  })
})

describe('the table', () => {
  it('knows every type that it refers to', () => {
    const ids = new Set(builtinTypeIds())
    for (const each of everyField()) {
      const type = innermost(each.field.type)
      if (type.kind === 'message') expect(ids, `${each.id}.${each.field.name}`).toContain(type.id)
    }
    for (const apiVersion of builtinApiVersions()) {
      for (const kind of kindsOf(apiVersion)) expect(ids).toContain(typeOfKind(apiVersion, kind))
    }
  })

  it('gives a number once in a type, in ascending order', () => {
    for (const id of builtinTypeIds()) {
      const numbers = fieldsOf(id)
        .map(({ number }) => number)
        .filter((number) => number !== 0)
      expect(numbers, id).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    }
  })

  it('gives a JSON name once in a type, inline messages included', () => {
    for (const id of builtinTypeIds()) {
      const names = jsonFieldsOf(id).map((each) => each.field.name)
      expect(new Set(names).size, id).toBe(names.length)
    }
  })

  it('has inline fields only of messages, always with a number', () => {
    for (const each of everyField().filter(({ field: { inline } }) => inline)) {
      expect(each.field.type.kind, each.id).toBe('message')
      expect(each.field.number, each.id).toBeGreaterThan(0)
    }
  })

  it('names merge keys that the elements have', () => {
    for (const { id, field: list } of everyField()) {
      const keys = [
        list.patch?.mergeKey ?? [],
        list.ownership.kind === 'map' ? list.ownership.keys : [],
      ].flat()
      for (const key of keys) {
        const element = innermost(list.type)
        const found = element.kind === 'message' ? jsonFieldNamed(element.id, key) : undefined
        expect(found?.field.type.kind, `${id}.${list.name} by ${key}`).toBe('scalar')
      }
    }
  })

  it('owns sets of scalars only, and merges without a key scalars only', () => {
    for (const { id, field: list } of everyField()) {
      if (list.ownership.kind === 'set')
        expect(innermost(list.type).kind, `${id}.${list.name}`).toBe('scalar')
      if (list.patch?.strategies.includes('merge') && list.patch.mergeKey === undefined) {
        expect(innermost(list.type).kind, `${id}.${list.name}`).toBe('scalar')
      }
    }
  })

  it('has only Table without a protobuf form', () => {
    const jsonOnly = builtinTypeIds().filter(
      (id) => fieldsOf(id).length > 0 && fieldsOf(id).every(({ number }) => number === 0),
    )
    expect(jsonOnly).toEqual(
      ['Table', 'TableColumnDefinition', 'TableRow', 'TableRowCondition'].map((name) => `meta/v1.${name}`),
    )
  })

  it('has only lists that are one field, and unions that are two', () => {
    const formed = (form: string) => builtinTypeIds().filter((id) => builtinType(id).form === form)
    expect(formed('list').map((id) => fieldsOf(id).length)).toEqual([1, 1, 1, 1])
    expect(formed('union').map((id) => fieldsOf(id).length)).toEqual([2, 2, 2])
  })

  it('cannot be changed', () => {
    const ports = field('core/v1.Container', 'ports')
    expect(() => Object.assign(ports, { number: 7 })).toThrow(TypeError)
    expect(() => Object.assign(ports.type, { kind: 'map' })).toThrow(TypeError)
    expect(() => (fieldsOf('core/v1.Container') as Field[]).pop()).toThrow(TypeError)
    expect(() => (jsonFieldsOf('core/v1.Volume') as unknown[]).pop()).toThrow(TypeError)
  })

  it('says which type it does not have', () => {
    expect(() => fieldsOf('core/v1.Widget')).toThrow('unknown built-in type "core/v1.Widget"')
    expect(() => builtinType('constructor')).toThrow('unknown built-in type "constructor"')
  })
})

describe('protobuf', () => {
  it.each([
    ['core/v1.Pod', { metadata: 1, spec: 2, status: 3 }],
    ['core/v1.ConfigMap', { metadata: 1, data: 2, binaryData: 3, immutable: 4 }],
    ['core/v1.Secret', { metadata: 1, data: 2, type: 3, stringData: 4, immutable: 5 }],
    [
      'meta/v1.OwnerReference',
      { kind: 1, name: 3, uid: 4, apiVersion: 5, controller: 6, blockOwnerDeletion: 7 },
    ],
    ['meta/v1.Status', { metadata: 1, status: 2, message: 3, reason: 4, details: 5, code: 6 }],
    [
      'coordination/v1.LeaseSpec',
      { holderIdentity: 1, leaseDurationSeconds: 2, acquireTime: 3, renewTime: 4 },
    ],
  ])('numbers the fields of %s', (id, numbers) => {
    expect(numbersOf(id)).toMatchObject(numbers)
    for (const [name, number] of Object.entries(numbers)) expect(fieldNumbered(id, number)?.name).toBe(name)
  })

  it('has no field 0', () => {
    expect(fieldNumbered('core/v1.Pod', 0)).toBeUndefined()
  })

  it('carries Kubernetes’ own types', () => {
    const typeOf = (id: string, name: string) => field(id, name).type
    expect(typeOf('meta/v1.ObjectMeta', 'creationTimestamp')).toEqual({ kind: 'wellKnown', name: 'time' })
    expect(typeOf('coordination/v1.LeaseSpec', 'renewTime')).toEqual({ kind: 'wellKnown', name: 'microTime' })
    expect(typeOf('core/v1.ServicePort', 'targetPort')).toEqual({ kind: 'wellKnown', name: 'intOrString' })
    expect(typeOf('meta/v1.ManagedFieldsEntry', 'fieldsV1')).toEqual({ kind: 'wellKnown', name: 'fieldsV1' })
    expect(typeOf('meta/v1.WatchEvent', 'object')).toEqual({ kind: 'wellKnown', name: 'rawExtension' })
    expect(typeOf('core/v1.ResourceRequirements', 'limits')).toEqual({
      kind: 'map',
      value: { kind: 'wellKnown', name: 'quantity' },
    })
    expect(typeOf('core/v1.Secret', 'data')).toEqual({
      kind: 'map',
      value: { kind: 'scalar', name: 'bytes' },
    })
  })

  it('nests what is inline in JSON', () => {
    const hostPath = jsonFieldNamed('core/v1.Volume', 'hostPath')
    expect(hostPath?.path.map(({ name, number }) => [name, number])).toEqual([['volumeSource', 2]])
    expect(hostPath?.field.number).toBe(1)

    const tcpSocket = jsonFieldNamed('core/v1.Probe', 'tcpSocket')
    expect(tcpSocket?.path.map(({ number }) => number)).toEqual([1])

    const image = jsonFieldNamed('core/v1.EphemeralContainer', 'image')
    expect(image?.path.map(({ name }) => name)).toEqual(['ephemeralContainerCommon'])

    const verbs = jsonFieldNamed('admissionregistration/v1.NamedRuleWithOperations', 'apiGroups')
    expect(verbs?.path.map(({ number }) => number)).toEqual([2, 2])
  })

  it('has names of its own where JSON’s are no identifiers', () => {
    expect(numbersOf('apiextensions/v1.JSONSchemaProps')).toMatchObject({
      $schema: 2,
      $ref: 3,
      'x-kubernetes-preserve-unknown-fields': 38,
      'x-kubernetes-validations': 44,
    })
  })

  it('is written always for what Go holds by value, and otherwise if there is something', () => {
    const always = (id: string, name: string) => field(id, name).alwaysWritten
    expect(always('core/v1.Container', 'name')).toBe(true)
    expect(always('core/v1.Container', 'stdin')).toBe(true)
    expect(always('core/v1.Container', 'resources')).toBe(true)
    expect(always('core/v1.Pod', 'metadata')).toBe(true)
    expect(always('core/v1.ServicePort', 'targetPort')).toBe(true)
    expect(always('meta/v1.ObjectMeta', 'creationTimestamp')).toBe(true)
    expect(always('core/v1.Secret', 'immutable')).toBe(false)
    expect(always('core/v1.Container', 'livenessProbe')).toBe(false)
    expect(always('core/v1.Container', 'ports')).toBe(false)
    expect(always('core/v1.Secret', 'data')).toBe(false)
    expect(always('certificates/v1.CertificateSigningRequestSpec', 'request')).toBe(false)
    expect(always('meta/v1.APIResource', 'verbs')).toBe(false)
    expect(always('core/v1.Pod', 'kind')).toBe(false)
  })
})

describe('JSON', () => {
  it('is a list for a message that wraps one', () => {
    expect(builtinType('authentication/v1.ExtraValue')).toMatchObject({
      form: 'list',
      fields: [
        { name: 'items', number: 1, type: { kind: 'list', element: { kind: 'scalar', name: 'string' } } },
      ],
    })
  })

  it('tells what is required', () => {
    expect(field('core/v1.Container', 'name').required).toBe(true)
    expect(field('core/v1.Container', 'image').required).toBe(false)
    expect(field('apps/v1.DeploymentSpec', 'selector').required).toBe(true)
    expect(field('core/v1.PodSpec', 'containers').required).toBe(true)
  })

  it('tells which zero values Go leaves out', () => {
    expect(field('meta/v1.ObjectMeta', 'creationTimestamp')).toMatchObject({
      omitEmpty: true,
      omitZero: true,
    })
    expect(field('core/v1.ContainerPort', 'containerPort').omitEmpty).toBe(false)
    expect(field('core/v1.ContainerPort', 'hostPort').omitEmpty).toBe(true)
  })
})

describe('a strategic merge patch', () => {
  it.each([
    ['core/v1.PodSpec', 'containers', ['merge'], 'name'],
    ['core/v1.PodSpec', 'volumes', ['merge', 'retainKeys'], 'name'],
    ['core/v1.PodSpec', 'imagePullSecrets', ['merge'], 'name'],
    ['core/v1.Container', 'ports', ['merge'], 'containerPort'],
    ['core/v1.Container', 'env', ['merge'], 'name'],
    ['core/v1.Container', 'volumeMounts', ['merge'], 'mountPath'],
    ['core/v1.ServiceSpec', 'ports', ['merge'], 'port'],
    ['core/v1.ServiceAccount', 'secrets', ['merge'], 'name'],
    ['meta/v1.ObjectMeta', 'ownerReferences', ['merge'], 'uid'],
    ['meta/v1.ObjectMeta', 'finalizers', ['merge'], undefined],
    ['apps/v1.DeploymentSpec', 'strategy', ['retainKeys'], undefined],
    ['policy/v1.PodDisruptionBudgetSpec', 'selector', ['replace'], undefined],
  ])('knows %s %s', (id, name, strategies, mergeKey) => {
    expect(field(id, name).patch).toEqual({ strategies, mergeKey })
  })

  it('replaces lists of which nothing is said', () => {
    expect(field('core/v1.PodSpec', 'tolerations').patch).toBeUndefined()
    expect(field('core/v1.Container', 'args').patch).toBeUndefined()
  })
})

describe('server-side apply', () => {
  it.each([
    ['core/v1.PodSpec', 'containers', ['name']],
    ['core/v1.PodSpec', 'topologySpreadConstraints', ['topologyKey', 'whenUnsatisfiable']],
    ['core/v1.Container', 'ports', ['containerPort', 'protocol']],
    ['core/v1.ServiceSpec', 'ports', ['port', 'protocol']],
    ['core/v1.ServiceAccount', 'secrets', ['name']],
    ['meta/v1.ObjectMeta', 'ownerReferences', ['uid']],
    ['apps/v1.DeploymentStatus', 'conditions', ['type']],
    ['apiextensions/v1.CustomResourceDefinitionStatus', 'conditions', ['type']],
  ])('owns the elements of %s %s by their keys', (id, name, keys) => {
    expect(field(id, name).ownership).toEqual({ kind: 'map', keys })
  })

  it('knows what an absent key is', () => {
    expect(field('core/v1.ContainerPort', 'protocol').default).toBe('TCP')
    expect(field('core/v1.ServicePort', 'protocol').default).toBe('TCP')
    expect(field('core/v1.LocalObjectReference', 'name').default).toBe('')
    expect(field('core/v1.ContainerPort', 'containerPort').default).toBe(0)
    expect(field('core/v1.ContainerPort', 'name').default).toBeUndefined()
    expect(field('core/v1.Container', 'resources').default).toEqual({})
  })

  it.each([
    ['meta/v1.ObjectMeta', 'finalizers', 'set'],
    ['meta/v1.ObjectMeta', 'labels', 'separable'],
    ['meta/v1.ObjectMeta', 'managedFields', 'atomic'],
    ['core/v1.PodSpec', 'tolerations', 'atomic'],
    ['core/v1.PodSpec', 'nodeSelector', 'atomic'],
    ['core/v1.PodSpec', 'securityContext', 'separable'],
    ['core/v1.Service', 'spec', 'separable'],
    ['core/v1.ServiceSpec', 'selector', 'atomic'],
    ['apps/v1.DeploymentSpec', 'selector', 'atomic'],
    ['apps/v1.ControllerRevision', 'data', 'atomic'],
    ['core/v1.ObjectReference', 'name', 'atomic'],
    ['core/v1.Event', 'involvedObject', 'atomic'],
    ['core/v1.PersistentVolumeSpec', 'claimRef', 'separable'],
    ['core/v1.ServicePort', 'targetPort', 'atomic'],
    ['certificates/v1.CertificateSigningRequestSpec', 'request', 'atomic'],
  ])('owns %s %s as %s', (id, name, kind) => {
    expect(field(id, name).ownership).toEqual({ kind })
  })

  it('owns a label selector as a whole', () => {
    expect(builtinType('meta/v1.LabelSelector').atomic).toBe(true)
    expect(builtinType('core/v1.PodSpec').atomic).toBe(false)
  })
})

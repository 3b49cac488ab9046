import { isJsonObject } from '../api/json.ts'
import type { KubeObject } from '../registry/index.ts'
import type { AdmissionPlugin } from './admission.ts'

/** The classes of one kind. */
export interface ClassSource {
  /** All of them. */
  list(): readonly KubeObject[]
}

interface DefaultClassOptions {
  readonly group: string
  readonly resource: string
  /** Where an object says its class. */
  readonly field: string
  /** An older way to say it. */
  readonly annotation: string
  /** Those of a class by which it is the default one. */
  readonly marks: readonly string[]
}

/** A claim of a volume gets the default class of storage (kubernetes, plugin/pkg/admission/storage/storageclass/setdefault). */
export function defaultStorageClass(classes: ClassSource): AdmissionPlugin {
  return defaultClass(classes, {
    group: '',
    resource: 'persistentvolumeclaims',
    field: 'storageClassName',
    annotation: 'volume.beta.kubernetes.io/storage-class',
    marks: [
      'storageclass.kubernetes.io/is-default-class',
      'storageclass.beta.kubernetes.io/is-default-class',
    ],
  })
}

/** An ingress gets the default class of ingresses (kubernetes, plugin/pkg/admission/network/defaultingressclass). */
export function defaultIngressClass(classes: ClassSource): AdmissionPlugin {
  return defaultClass(classes, {
    group: 'networking.k8s.io',
    resource: 'ingresses',
    field: 'ingressClassName',
    annotation: 'kubernetes.io/ingress.class',
    marks: ['ingressclass.kubernetes.io/is-default-class'],
  })
}

function defaultClass(classes: ClassSource, options: DefaultClassOptions): AdmissionPlugin {
  const { field, annotation, marks } = options
  return {
    mutate({ operation, group, resource, subresource, object }) {
      const isNew = operation === 'CREATE' && subresource === ''
      if (!isNew || group !== options.group || resource !== options.resource || !object) return undefined
      const spec = isJsonObject(object.spec) ? object.spec : {}
      const saysIt = (spec[field] ?? undefined) !== undefined
      if (saysIt || object.metadata.annotations?.[annotation] !== undefined) return undefined
      const isDefault = ({ metadata }: KubeObject) =>
        marks.some((mark) => metadata.annotations?.[mark] === 'true')
      const [newest] = classes.list().filter(isDefault).sort(newestFirst)
      return newest && { ...object, spec: { ...spec, [field]: newest.metadata.name } }
    },
  }
}

/** Of several that are the default, the newest is. */
function newestFirst({ metadata: one }: KubeObject, { metadata: other }: KubeObject): number {
  const [made, otherMade] = [one.creationTimestamp ?? '', other.creationTimestamp ?? '']
  if (made !== otherMade) return made > otherMade ? -1 : 1
  return (one.name ?? '') < (other.name ?? '') ? -1 : 1
}

import type { Pod } from '../../apis/core/v1.ts'
import { ContainerConfigError } from './errors.ts'
import { goQuote } from './go-quote.ts'

/** What is known of a Pod before its status says it. */
export interface PodPlace {
  readonly nodeName: string
  readonly podIP: string
  readonly hostIP: string
}

const SUBSCRIPT = /^metadata\.(labels|annotations)\['([^']*)'\]$/

/**
 * The text of a Pod's field for the downward API (kubernetes, pkg/fieldpath and kubelet_pods.go).
 *
 * @throws ContainerConfigError for a field that is not offered
 */
export function fieldValue(pod: Pod, fieldPath: string, place: PodPlace): string {
  const { metadata, spec } = pod
  const [, map, key = ''] = SUBSCRIPT.exec(fieldPath) ?? []
  if (map === 'labels' || map === 'annotations') {
    const values = metadata[map] ?? {}
    return Object.hasOwn(values, key) ? (values[key] ?? '') : ''
  }
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name ?? ''
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return mapText(metadata.labels)
    case 'metadata.annotations':
      return mapText(metadata.annotations)
    case 'spec.nodeName':
      return place.nodeName
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIP
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIP
    default:
      throw new ContainerConfigError(`unsupported fieldPath: ${fieldPath}`)
  }
}

/** A line for each entry, sorted, as files of labels have them. */
function mapText(values: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .join('\n')
}

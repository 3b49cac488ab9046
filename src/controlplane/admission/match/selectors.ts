import { notFound } from '../../api/status.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { LabelSelector } from '../../selectors/index.ts'
import type { AdmissionRequest } from '../admission.ts'
import type { NamespaceSource } from '../namespace-lifecycle.ts'

const NAMESPACES = { group: '', resource: 'namespaces' }

/**
 * Whether the namespace of a request is selected (k8s.io/apiserver, webhook/predicates/namespace). What is in none always is.
 *
 * @throws StatusError NotFound
 */
export function namespaceMatches(
  selector: LabelSelector,
  request: AdmissionRequest,
  namespaces: NamespaceSource,
): boolean {
  const { namespace, resource } = request
  if (selector.isEmpty || (namespace === '' && resource !== 'namespaces')) return true
  return selector.matches(namespaceLabels(request, namespaces))
}

/** A namespace that is being written has the labels that it will have. */
function namespaceLabels(request: AdmissionRequest, namespaces: NamespaceSource) {
  const { operation, resource, subresource, object, namespace } = request
  const isWritten = resource === 'namespaces' && subresource === '' && operation !== 'DELETE'
  if (isWritten && object) return object.metadata.labels
  const found = namespaces.get(namespace)
  if (!found) throw notFound(NAMESPACES, namespace)
  return found.metadata.labels
}

/** Whether an object is selected as it will be, or as it was. */
export function objectMatches(
  selector: LabelSelector,
  { object, oldObject }: Pick<AdmissionRequest, 'object' | 'oldObject'>,
): boolean {
  const isSelected = (each: KubeObject | undefined) =>
    each !== undefined && selector.matches(each.metadata.labels)
  return selector.isEmpty || isSelected(object) || isSelected(oldObject)
}

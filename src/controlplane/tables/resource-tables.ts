import { column, type TableColumns } from './column.ts'
import { CREATION_DESCRIPTION, NAME } from './common-columns.ts'
import * as admission from './kinds/admission.ts'
import { API_SERVICES } from './kinds/api-services.ts'
import { HORIZONTAL_POD_AUTOSCALERS } from './kinds/autoscalers.ts'
import { CERTIFICATE_SIGNING_REQUESTS } from './kinds/certificates.ts'
import * as classes from './kinds/classes.ts'
import * as core from './kinds/core.ts'
import * as dynamicResources from './kinds/dynamic-resources.ts'
import { EVENTS } from './kinds/events.ts'
import * as flowControl from './kinds/flow-control.ts'
import { CRON_JOBS, JOBS } from './kinds/jobs.ts'
import { LEASES } from './kinds/leases.ts'
import * as networking from './kinds/networking.ts'
import { NODES } from './kinds/nodes.ts'
import { POD_TEMPLATES, PODS } from './kinds/pods.ts'
import { BINDINGS } from './kinds/rbac.ts'
import { ENDPOINT_SLICES, ENDPOINTS, SERVICES } from './kinds/services.ts'
import * as storage from './kinds/storage.ts'
import * as workloads from './kinds/workloads.ts'
import { textAt } from './members.ts'

/** Go's zero time, which an object has that was never created, such as a bookmark's. */
const NO_TIME = '0001-01-01T00:00:00Z'

/** Of a resource that has no printer. */
const DEFAULT_COLUMNS: TableColumns = {
  columns: [
    NAME,
    column(
      'Created At',
      'date',
      CREATION_DESCRIPTION,
      (object) => textAt(object, 'metadata', 'creationTimestamp') || NO_TIME,
    ),
  ],
  noRowsAsNull: true,
}

/** By group and resource (kubernetes 1.36, pkg/printers/internalversion/printers.go). */
const COLUMNS_BY_RESOURCE: ReadonlyMap<string, TableColumns> = new Map([
  ['/componentstatuses', core.COMPONENT_STATUSES],
  ['/configmaps', core.CONFIG_MAPS],
  ['/endpoints', ENDPOINTS],
  ['/events', EVENTS],
  ['/namespaces', core.NAMESPACES],
  ['/nodes', NODES],
  ['/persistentvolumeclaims', storage.PERSISTENT_VOLUME_CLAIMS],
  ['/persistentvolumes', storage.PERSISTENT_VOLUMES],
  ['/pods', PODS],
  ['/podtemplates', POD_TEMPLATES],
  ['/replicationcontrollers', workloads.REPLICATION_CONTROLLERS],
  ['/resourcequotas', core.RESOURCE_QUOTAS],
  ['/secrets', core.SECRETS],
  ['/serviceaccounts', core.SERVICE_ACCOUNTS],
  ['/services', SERVICES],
  ['admissionregistration.k8s.io/mutatingadmissionpolicies', admission.MUTATING_ADMISSION_POLICIES],
  ['admissionregistration.k8s.io/mutatingadmissionpolicybindings', admission.ADMISSION_POLICY_BINDINGS],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', admission.WEBHOOK_CONFIGURATIONS],
  ['admissionregistration.k8s.io/validatingadmissionpolicies', admission.VALIDATING_ADMISSION_POLICIES],
  ['admissionregistration.k8s.io/validatingadmissionpolicybindings', admission.ADMISSION_POLICY_BINDINGS],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', admission.WEBHOOK_CONFIGURATIONS],
  ['apiregistration.k8s.io/apiservices', API_SERVICES],
  ['apps/controllerrevisions', workloads.CONTROLLER_REVISIONS],
  ['apps/daemonsets', workloads.DAEMON_SETS],
  ['apps/deployments', workloads.DEPLOYMENTS],
  ['apps/replicasets', workloads.REPLICA_SETS],
  ['apps/statefulsets', workloads.STATEFUL_SETS],
  ['autoscaling/horizontalpodautoscalers', HORIZONTAL_POD_AUTOSCALERS],
  ['batch/cronjobs', CRON_JOBS],
  ['batch/jobs', JOBS],
  ['certificates.k8s.io/certificatesigningrequests', CERTIFICATE_SIGNING_REQUESTS],
  ['coordination.k8s.io/leases', LEASES],
  ['discovery.k8s.io/endpointslices', ENDPOINT_SLICES],
  ['events.k8s.io/events', EVENTS],
  ['flowcontrol.apiserver.k8s.io/flowschemas', flowControl.FLOW_SCHEMAS],
  ['flowcontrol.apiserver.k8s.io/prioritylevelconfigurations', flowControl.PRIORITY_LEVEL_CONFIGURATIONS],
  ['networking.k8s.io/ingressclasses', networking.INGRESS_CLASSES],
  ['networking.k8s.io/ingresses', networking.INGRESSES],
  ['networking.k8s.io/ipaddresses', networking.IP_ADDRESSES],
  ['networking.k8s.io/networkpolicies', networking.NETWORK_POLICIES],
  ['networking.k8s.io/servicecidrs', networking.SERVICE_CIDRS],
  ['node.k8s.io/runtimeclasses', classes.RUNTIME_CLASSES],
  ['policy/poddisruptionbudgets', workloads.POD_DISRUPTION_BUDGETS],
  ['rbac.authorization.k8s.io/clusterrolebindings', BINDINGS],
  ['rbac.authorization.k8s.io/rolebindings', BINDINGS],
  ['resource.k8s.io/deviceclasses', dynamicResources.NAME_AND_AGE],
  ['resource.k8s.io/resourceclaims', dynamicResources.RESOURCE_CLAIMS],
  ['resource.k8s.io/resourceclaimtemplates', dynamicResources.NAME_AND_AGE],
  ['resource.k8s.io/resourceslices', dynamicResources.RESOURCE_SLICES],
  ['scheduling.k8s.io/priorityclasses', classes.PRIORITY_CLASSES],
  ['storage.k8s.io/csidrivers', storage.CSI_DRIVERS],
  ['storage.k8s.io/csinodes', storage.CSI_NODES],
  ['storage.k8s.io/csistoragecapacities', storage.CSI_STORAGE_CAPACITIES],
  ['storage.k8s.io/storageclasses', storage.STORAGE_CLASSES],
  ['storage.k8s.io/volumeattachments', storage.VOLUME_ATTACHMENTS],
  ['storage.k8s.io/volumeattributesclasses', storage.VOLUME_ATTRIBUTES_CLASSES],
])

/** How a built-in resource is printed, or its subresource `scale`. The core group is empty. */
export function tableColumnsOf(group: string, resource: string, subresource = ''): TableColumns {
  if (subresource === 'scale') return workloads.SCALE
  return COLUMNS_BY_RESOURCE.get(`${group}/${resource}`) ?? DEFAULT_COLUMNS
}

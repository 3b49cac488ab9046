import os from 'node:os'
import type { Event } from '../../apis/events/v1.ts'
import { EVENTS, EventRecorder } from '../../kube/index.ts'
import { OPERATOR_NAMESPACE } from '../../manifests/cluster-manager.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'
import { DEFAULT_BUNDLE_VERSION, imageReference } from '../../manifests/images.ts'
import { addClusterManagerControllers } from '../../operator/cluster-manager/index.ts'
import {
  HUB_OPERATOR_COMMAND,
  type HubOperatorConfig,
  parseHubOperatorConfig,
} from '../../operator/cluster-manager/options.ts'
import { controllerProcess } from '../controller-process.ts'
import { followTlsProfile } from './follow-tls-profile.ts'

/** `cluster-proxy registration-operator hub` */
export const hubOperator = controllerProcess<HubOperatorConfig>({
  spec: HUB_OPERATOR_COMMAND,
  parse: parseHubOperatorConfig,
  lock: 'clustermanager-lock',
  setUp: async (setting, config) => {
    const { log, client, manager } = setting
    const { env } = process
    const operatorNamespace = setting.namespace || OPERATOR_NAMESPACE
    await followTlsProfile(setting, config, operatorNamespace)
    const events = new EventRecorder(
      { events: client.resource<Event>(EVENTS), clock: client.clock, log },
      { controller: 'open-cluster-management.io/cluster-manager', instance: env.POD_NAME ?? os.hostname() },
    )
    manager.add({ start: () => {}, stop: () => events.stop() })
    addClusterManagerControllers(
      { manager, events },
      {
        operatorNamespace,
        skipRemoveCrds: config.skipRemoveCrds,
        controlPlaneNodeLabelSelector: config.controlPlaneNodeLabelSelector,
        deploymentReplicas: config.deploymentReplicas,
        enableSyncLabels: config.enableSyncLabels,
        imagePullSecretName: config.imagePullSecretName.trim() || IMAGE_PULL_SECRET,
        agentImage: env.AGENT_IMAGE ?? imageReference('registration-operator'),
        version: DEFAULT_BUNDLE_VERSION,
      },
    )
  },
})

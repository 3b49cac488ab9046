import { aborted } from '../common/aborted.ts'
import {
  CONTROL_PLANE_COMMAND,
  type ControlPlaneConfig,
  parseControlPlaneConfig,
} from '../controlplane/server/options.ts'
// Only what is said before anything starts: the controllers themselves are loaded when the server is ready.
import { CONTROLLER_NAMES, OFF_BY_DEFAULT } from '../kube-controllers/controller-names.ts'
import { selectControllers } from '../kube-controllers/controller-selection.ts'
import { ControlPlaneInstance } from './control-plane-instance.ts'
import type { ProcessDefinition } from './run-process.ts'

/** Addresses that stand for all; nobody can dial them. */
const WILDCARDS: readonly string[] = ['', '0.0.0.0', '::']

export const controlPlaneProcess: ProcessDefinition<ControlPlaneConfig> = {
  spec: CONTROL_PLANE_COMMAND,
  parse: parseControlPlaneConfig,
  async run(config, { log, signal }) {
    const { bindAddress, securePort, controllers } = config
    selectControllers(CONTROLLER_NAMES, controllers, OFF_BY_DEFAULT) // says what is wrong before anything is opened
    const isWildcard = WILDCARDS.includes(bindAddress)
    const instance = await ControlPlaneInstance.open(log, {
      dataDir: config.dataDir,
      storage: config.storage === 'sqlite' ? 'sqlite' : 'memory:',
      host: bindAddress,
      port: securePort,
      flag: '--secure-port',
      hostFlag: '--bind-address',
      externalHost: config.externalHostname || (isWildcard ? '127.0.0.1' : bindAddress),
      names: isWildcard ? [] : [bindAddress],
      serviceCidrs: config.serviceClusterIpRange,
      controllers,
    })
    await instance.start()
    process.stdout.write(`export KUBECONFIG=${instance.kubeconfigFile}\n`)
    await instance.startControllers()
    const failure = await Promise.race([aborted(signal), ...(instance.broken ? [instance.broken] : [])])
    await instance.stop()
    if (failure) throw failure
  },
}

import { commandGroup, type GroupedCommand } from './command-group.ts'
import { printKubeconfig } from './local-cluster/kubeconfig.ts'
import { listClusters } from './local-cluster/list.ts'
import { startClusters } from './local-cluster/start.ts'
import { deleteClusters, stopClusters } from './local-cluster/stop.ts'
import { type ProcessConfig, type ProcessDefinition, runProcess } from './run-process.ts'

const command = <Config extends ProcessConfig>(
  summary: string,
  definition: ProcessDefinition<Config>,
): GroupedCommand => ({ summary, start: (argv) => runProcess(definition, argv) })

/** `cluster-proxy local-cluster <command>` */
export const localCluster = commandGroup({
  name: 'local-cluster',
  description: 'Runs whole Kubernetes clusters on this machine, whose Pods are processes of it.',
  commands: {
    start: command('starts clusters in the background, new or existing ones', startClusters),
    list: command('shows the clusters that there are', listClusters),
    kubeconfig: command("prints a cluster's kubeconfig, or merges it into yours", printKubeconfig),
    stop: command('ends clusters, and keeps what is in them', stopClusters),
    delete: command('ends clusters, and removes everything in them', deleteClusters),
    run: {
      summary: 'runs one cluster in the foreground',
      // An API server and all that belongs to it, which the others need not load.
      start: async (argv) => runProcess((await import('./local-cluster/run.ts')).runCluster, argv),
    },
  },
})

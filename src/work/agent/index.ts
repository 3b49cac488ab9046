export {
  parseWorkAgentConfig,
  WORK_AGENT_COMMAND,
  WORK_FLAGS,
  WORK_SOURCE_FLAGS,
  type WorkAgentConfig,
  type WorkAgentSettings,
  workAgentSettings,
} from './options.ts'
export { hubHashOf, WorkAgent, type WorkAgentComponents, type WorkAgentOptions } from './work-agent.ts'

/** The order of the test files where no run before has left its times, as in a fresh clone. */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests in these start servers and wait for them: begun last, they would be waited for alone. */
const waiting = ["test/journeys/", "test/cli/", "src/storage/engines/"];

export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const path = relative(this.ctx.config.root, moduleId);
      const index = waiting.findIndex((folder) => path.startsWith(folder));
      return index === -1 ? waiting.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

import { Link } from "../parts/link.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Nothing here" />
      <Empty title="No page of the console has this address.">
        <p>
          Go to <Link to="/">all apps</Link>.
        </p>
      </Empty>
    </>
  );
}

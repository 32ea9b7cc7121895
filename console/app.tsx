import { Suspense } from "react";
import { LiveProvider } from "./data/live.tsx";
import { useAddress } from "./data/location.ts";
import { useIsSignedIn } from "./data/session.ts";
import { Frame } from "./frame.tsx";
import { Waiting } from "./parts/note.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { pageAt } from "./routes.tsx";

/** The console: signed in, the page that the address names, in its frame. */
export function App() {
  const { path } = useAddress();
  if (!useIsSignedIn()) return <SignInPage />;
  return (
    <LiveProvider>
      <Frame path={path}>
        <Suspense fallback={<Waiting rows={6} />}>{pageAt(path) ?? <NotFoundPage />}</Suspense>
      </Frame>
    </LiveProvider>
  );
}

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { ApiError } from "./data/client.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/logs.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Live notices say when something has changed; nothing is asked for on a guess.
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      // Whoever is cut off from the internet may well reach Berth, on the same machine or nearby.
      networkMode: "always",
      retry: (failures, error) => failures < 3 && error instanceof ApiError && error.status === 0,
      retryDelay: 1000,
    },
    mutations: { networkMode: "always" },
  },
});

// A console that was built anew has other files than the page that is open.
window.addEventListener("vite:preloadError", () => location.reload());

const root = document.querySelector("#console");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}

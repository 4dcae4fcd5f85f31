import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { beginSession } from './access/session.ts';
import { App } from './app.tsx';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/tables.css';

const root = document.getElementById('console');
if (root === null) throw new Error('The page has no element for the console.');
void beginSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

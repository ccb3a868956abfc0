@echo off
rem Serves Youju from this folder, in the Windows Subsystem for Linux: see README.md.
rem ASCII only: cmd reads this file in the code page of the machine.
cd /d "%~dp0"
wsl -e true >nul 2>&1
if errorlevel 1 (
  chcp 65001 >nul
  type no-wsl.txt
  pause
  exit /b 1
)
wsl sh ./run.sh %*
if errorlevel 1 pause

; The installer: for this user alone, no administrator. package.sh defines
; VERSION, NUMBERS (four numbers), TREE (what to install) and OUT.
Target amd64-unicode ; as the programs in it
!include "MUI2.nsh"
!include "FileFunc.nsh"
Name "Rechallenge"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Rechallenge"
InstallDirRegKey HKCU "Software\Rechallenge" "InstallDir"
RequestExecutionLevel user
SetCompressor /SOLID lzma
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Rechallenge"
VIAddVersionKey "FileDescription" "Rechallenge installer"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT licence"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Rechallenge"
!define CLASSES "Software\Classes"
!insertmacro MUI_PAGE_LICENSE "${TREE}\LICENSE.txt"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\Rechallenge.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Section "Rechallenge"
  SetOutPath "$INSTDIR"
  File "${TREE}\Rechallenge.exe"
  File "${TREE}\rechallenge-dialogs.exe"
  File "${TREE}\rechallenge-cli.exe"
  File "${TREE}\LICENSE.txt"
  File "${TREE}\licences.txt"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Rechallenge.lnk" "$INSTDIR\Rechallenge.exe"

  ; Our own kinds of files; .yaml and .json are only offered under "Open with".
  WriteRegStr HKCU "${CLASSES}\Rechallenge.Plan" "" "Rechallenge plan"
  WriteRegStr HKCU "${CLASSES}\Rechallenge.Plan\DefaultIcon" "" "$INSTDIR\Rechallenge.exe,0"
  WriteRegStr HKCU "${CLASSES}\Rechallenge.Plan\shell\open\command" "" '"$INSTDIR\Rechallenge.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\Rechallenge.Report" "" "Rechallenge report"
  WriteRegStr HKCU "${CLASSES}\Rechallenge.Report\DefaultIcon" "" "$INSTDIR\Rechallenge.exe,0"
  WriteRegStr HKCU "${CLASSES}\Rechallenge.Report\shell\open\command" "" '"$INSTDIR\Rechallenge.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\.rechallenge" "" "Rechallenge.Plan"
  WriteRegStr HKCU "${CLASSES}\.rechallenge-report" "" "Rechallenge.Report"
  WriteRegStr HKCU "${CLASSES}\.yaml\OpenWithProgids" "Rechallenge.Plan" ""
  WriteRegStr HKCU "${CLASSES}\.yml\OpenWithProgids" "Rechallenge.Plan" ""
  WriteRegStr HKCU "${CLASSES}\.json\OpenWithProgids" "Rechallenge.Report" ""

  WriteRegStr HKCU "Software\Rechallenge" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Rechallenge"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Rechallenge authors"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\Rechallenge.exe"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, i 0, i 0)'
SectionEnd

Section "Uninstall"
  Delete "$INSTDIR\Rechallenge.exe"
  Delete "$INSTDIR\rechallenge-dialogs.exe"
  Delete "$INSTDIR\rechallenge-cli.exe"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\licences.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Rechallenge.lnk"
  DeleteRegKey HKCU "${CLASSES}\Rechallenge.Plan"
  DeleteRegKey HKCU "${CLASSES}\Rechallenge.Report"
  DeleteRegKey HKCU "${CLASSES}\.rechallenge"
  DeleteRegKey HKCU "${CLASSES}\.rechallenge-report"
  DeleteRegValue HKCU "${CLASSES}\.yaml\OpenWithProgids" "Rechallenge.Plan"
  DeleteRegValue HKCU "${CLASSES}\.yml\OpenWithProgids" "Rechallenge.Plan"
  DeleteRegValue HKCU "${CLASSES}\.json\OpenWithProgids" "Rechallenge.Report"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\Rechallenge"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, i 0, i 0)'
SectionEnd
